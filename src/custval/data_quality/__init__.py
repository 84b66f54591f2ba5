"""Can these rows be trusted? Profiles, rules, and the cleaning of transactions, every row accounted for."""

from custval.data_quality import presets, rules
from custval.data_quality._rule import RuleSet
from custval.data_quality.clean import CleanedTransactions, clean_transactions
from custval.data_quality.comparing import ProfileComparison, compare_profiles
from custval.data_quality.drifting import Drift, drift
from custval.data_quality.imputer import Imputation, Imputer
from custval.data_quality.outliers import Outliers, outliers
from custval.data_quality.profiling import Profile, profile
from custval.data_quality.schemas import SchemaDifference, schema_difference
from custval.data_quality.validation import Validation, validate

__all__ = [
    "CleanedTransactions",
    "Drift",
    "Imputation",
    "Imputer",
    "Outliers",
    "Profile",
    "ProfileComparison",
    "RuleSet",
    "SchemaDifference",
    "Validation",
    "clean_transactions",
    "compare_profiles",
    "drift",
    "outliers",
    "presets",
    "profile",
    "rules",
    "schema_difference",
    "validate",
]
