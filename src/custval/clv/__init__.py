"""What are customers still worth? Purchase models, spend models, lifetime value."""

from custval.clv._purchase import PurchaseModel
from custval.clv.beta_geo import BetaGeoModel
from custval.clv.comparison import Comparison, compare
from custval.clv.equity import CustomerEquity, customer_equity
from custval.clv.evaluation import Evaluation, evaluate
from custval.clv.gamma_gamma import GammaGammaModel
from custval.clv.lifetime import lifetime_value
from custval.clv.modified_beta_geo import ModifiedBetaGeoModel
from custval.clv.nbd import NBDModel
from custval.clv.pareto_nbd import ParetoNBDModel
from custval.clv.tracking import Tracking, tracking

__all__ = [
    "BetaGeoModel",
    "Comparison",
    "CustomerEquity",
    "Evaluation",
    "GammaGammaModel",
    "ModifiedBetaGeoModel",
    "NBDModel",
    "ParetoNBDModel",
    "PurchaseModel",
    "Tracking",
    "compare",
    "customer_equity",
    "evaluate",
    "lifetime_value",
    "tracking",
]
