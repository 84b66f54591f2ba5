"""What are customers still worth? Purchase models, spend models, lifetime value."""

from custval.clv._purchase import PurchaseModel
from custval.clv.alive_history import AliveHistory, alive_history
from custval.clv.beta_geo import BetaGeoModel
from custval.clv.contribution import contribution
from custval.clv.convert import from_lifetimes, to_lifetimes
from custval.clv.frequency_fit import FrequencyFit, frequency_fit
from custval.clv.frequency_recency import FrequencyRecencyMatrix, frequency_recency_matrix
from custval.clv.gamma_gamma import GammaGammaModel
from custval.clv.independence import SpendIndependence, spend_independence
from custval.clv.lifetime import lifetime_value
from custval.clv.modified_beta_geo import ModifiedBetaGeoModel
from custval.clv.pareto_curve import ParetoCurve, pareto_curve
from custval.clv.spend_distribution import SpendDistribution, spend_distribution

__all__ = [
    "AliveHistory",
    "BetaGeoModel",
    "FrequencyFit",
    "FrequencyRecencyMatrix",
    "GammaGammaModel",
    "ModifiedBetaGeoModel",
    "ParetoCurve",
    "PurchaseModel",
    "SpendDistribution",
    "SpendIndependence",
    "alive_history",
    "contribution",
    "frequency_fit",
    "frequency_recency_matrix",
    "from_lifetimes",
    "lifetime_value",
    "pareto_curve",
    "spend_distribution",
    "spend_independence",
    "to_lifetimes",
]
