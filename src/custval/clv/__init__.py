"""What are customers still worth? Purchase models, spend models, lifetime value."""

from custval.clv._purchase import PurchaseModel
from custval.clv.alive_history import AliveHistory, alive_history
from custval.clv.beta_geo import BetaGeoModel
from custval.clv.beta_geo_beta_binom import BetaGeoBetaBinomModel
from custval.clv.beta_geo_cnbd import BetaGeoCNBDModel
from custval.clv.comparison import Comparison, compare
from custval.clv.contribution import contribution
from custval.clv.convert import from_lifetimes, to_lifetimes
from custval.clv.equity import CustomerEquity, customer_equity
from custval.clv.evaluation import Evaluation, evaluate
from custval.clv.frequency_fit import FrequencyFit, frequency_fit
from custval.clv.frequency_recency import FrequencyRecencyMatrix, frequency_recency_matrix
from custval.clv.gamma_gamma import GammaGammaModel
from custval.clv.independence import SpendIndependence, spend_independence
from custval.clv.lifetime import lifetime_value
from custval.clv.modified_beta_geo import ModifiedBetaGeoModel
from custval.clv.modified_beta_geo_cnbd import ModifiedBetaGeoCNBDModel
from custval.clv.nbd import NBDModel
from custval.clv.pareto_curve import ParetoCurve, pareto_curve
from custval.clv.pareto_nbd import ParetoNBDModel
from custval.clv.spend_distribution import SpendDistribution, spend_distribution
from custval.clv.tracking import Tracking, tracking

__all__ = [
    "AliveHistory",
    "BetaGeoBetaBinomModel",
    "BetaGeoCNBDModel",
    "BetaGeoModel",
    "Comparison",
    "CustomerEquity",
    "Evaluation",
    "FrequencyFit",
    "FrequencyRecencyMatrix",
    "GammaGammaModel",
    "ModifiedBetaGeoCNBDModel",
    "ModifiedBetaGeoModel",
    "NBDModel",
    "ParetoCurve",
    "ParetoNBDModel",
    "PurchaseModel",
    "SpendDistribution",
    "SpendIndependence",
    "Tracking",
    "alive_history",
    "compare",
    "contribution",
    "customer_equity",
    "evaluate",
    "frequency_fit",
    "frequency_recency_matrix",
    "from_lifetimes",
    "lifetime_value",
    "pareto_curve",
    "spend_distribution",
    "spend_independence",
    "to_lifetimes",
    "tracking",
]
