"""What are customers still worth? Purchase models, spend models, lifetime value."""

from custval.clv._purchase import PurchaseModel
from custval.clv.beta_geo import BetaGeoModel
from custval.clv.contribution import contribution
from custval.clv.convert import from_lifetimes, to_lifetimes
from custval.clv.gamma_gamma import GammaGammaModel
from custval.clv.independence import SpendIndependence, spend_independence
from custval.clv.lifetime import lifetime_value
from custval.clv.modified_beta_geo import ModifiedBetaGeoModel

__all__ = [
    "BetaGeoModel",
    "GammaGammaModel",
    "ModifiedBetaGeoModel",
    "PurchaseModel",
    "SpendIndependence",
    "contribution",
    "from_lifetimes",
    "lifetime_value",
    "spend_independence",
    "to_lifetimes",
]
