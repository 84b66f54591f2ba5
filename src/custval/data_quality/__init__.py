"""Can these rows be trusted? Profiles, rules, and the cleaning of transactions, every row accounted for."""

from custval.data_quality import presets, rules
from custval.data_quality._rule import RuleSet
from custval.data_quality.anonymity import Anonymity, anonymity
from custval.data_quality.clean import CleanedTransactions, clean_transactions
from custval.data_quality.pii import PersonalData, find_pii
from custval.data_quality.profiling import Profile, profile
from custval.data_quality.pseudonyms import pseudonymize
from custval.data_quality.validation import Validation, validate

__all__ = [
    "Anonymity",
    "CleanedTransactions",
    "PersonalData",
    "Profile",
    "RuleSet",
    "Validation",
    "anonymity",
    "clean_transactions",
    "find_pii",
    "presets",
    "profile",
    "pseudonymize",
    "rules",
    "validate",
]
