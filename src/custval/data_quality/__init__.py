"""Can these rows be trusted? Profiles, rules, and the cleaning of transactions, every row accounted for."""

from custval.data_quality import identity_numbers, presets, rules
from custval.data_quality._rule import RuleSet
from custval.data_quality.clean import CleanedTransactions, clean_transactions
from custval.data_quality.dates import ParsedDates, to_dates
from custval.data_quality.numeric import ParsedNumbers, to_numeric
from custval.data_quality.profiling import Profile, profile
from custval.data_quality.standardizing import Standardized, standardize
from custval.data_quality.validation import Validation, validate

__all__ = [
    "CleanedTransactions",
    "ParsedDates",
    "ParsedNumbers",
    "Profile",
    "RuleSet",
    "Standardized",
    "Validation",
    "clean_transactions",
    "identity_numbers",
    "presets",
    "profile",
    "rules",
    "standardize",
    "to_dates",
    "to_numeric",
    "validate",
]
