"""Can these rows be trusted, and may they be used? Profiles, rules, cleaning and privacy, every row accounted for."""

from custval.data_quality import identity_numbers, presets, rules
from custval.data_quality._rule import RuleSet
from custval.data_quality.anonymity import Anonymity, anonymity
from custval.data_quality.clean import CleanedTransactions, clean_transactions
from custval.data_quality.comparing import ProfileComparison, compare_profiles
from custval.data_quality.consent import Consented, respect_consent
from custval.data_quality.dates import ParsedDates, to_dates
from custval.data_quality.drifting import Drift, drift
from custval.data_quality.generalization import generalize
from custval.data_quality.imputer import Imputation, Imputer
from custval.data_quality.masking import Masked, mask
from custval.data_quality.numeric import ParsedNumbers, to_numeric
from custval.data_quality.outliers import Outliers, outliers
from custval.data_quality.pii import PersonalData, find_pii
from custval.data_quality.profiling import Profile, profile
from custval.data_quality.pseudonyms import pseudonymize
from custval.data_quality.retention import Retained, retention
from custval.data_quality.schemas import SchemaDifference, schema_difference
from custval.data_quality.small_cells import SuppressedCells, suppress_small_cells
from custval.data_quality.standardizing import Standardized, standardize
from custval.data_quality.validation import Validation, validate

__all__ = [
    "Anonymity",
    "CleanedTransactions",
    "Consented",
    "Drift",
    "Imputation",
    "Imputer",
    "Masked",
    "Outliers",
    "ParsedDates",
    "ParsedNumbers",
    "PersonalData",
    "Profile",
    "ProfileComparison",
    "Retained",
    "RuleSet",
    "SchemaDifference",
    "Standardized",
    "SuppressedCells",
    "Validation",
    "anonymity",
    "clean_transactions",
    "compare_profiles",
    "drift",
    "find_pii",
    "generalize",
    "identity_numbers",
    "mask",
    "outliers",
    "presets",
    "profile",
    "pseudonymize",
    "respect_consent",
    "retention",
    "rules",
    "schema_difference",
    "standardize",
    "suppress_small_cells",
    "to_dates",
    "to_numeric",
    "validate",
]
