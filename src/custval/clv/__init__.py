"""What are customers still worth? Purchase models, spend models, lifetime value."""

from custval.clv._purchase import PurchaseModel
from custval.clv.beta_geo import BetaGeoModel
from custval.clv.beta_geo_beta_binom import BetaGeoBetaBinomModel
from custval.clv.gamma_gamma import GammaGammaModel
from custval.clv.lifetime import lifetime_value
from custval.clv.modified_beta_geo import ModifiedBetaGeoModel
from custval.clv.nbd import NBDModel

__all__ = [
    "BetaGeoBetaBinomModel",
    "BetaGeoModel",
    "GammaGammaModel",
    "ModifiedBetaGeoModel",
    "NBDModel",
    "PurchaseModel",
    "lifetime_value",
]
