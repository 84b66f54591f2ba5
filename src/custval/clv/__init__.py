"""What are customers still worth? Purchase models, spend models, lifetime value."""

from custval.clv._purchase import PurchaseModel
from custval.clv.beta_geo import BetaGeoModel
from custval.clv.comparison import Comparison, compare
from custval.clv.evaluation import Evaluation, evaluate
from custval.clv.gamma_gamma import GammaGammaModel
from custval.clv.lifetime import lifetime_value
from custval.clv.modified_beta_geo import ModifiedBetaGeoModel
from custval.clv.tracking import Tracking, tracking

__all__ = [
    "BetaGeoModel",
    "Comparison",
    "Evaluation",
    "GammaGammaModel",
    "ModifiedBetaGeoModel",
    "PurchaseModel",
    "Tracking",
    "compare",
    "evaluate",
    "lifetime_value",
    "tracking",
]
