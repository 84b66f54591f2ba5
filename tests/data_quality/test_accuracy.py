"""The presets on stores whose defects are known: exact rules find all of a kind and flag no clean row."""

import pytest

from custval.data_quality import presets, validate
from custval.datasets import simulate_store
from custval.datasets.defects import CONTRACT_KINDS, CUSTOMER_KINDS, EVENT_KINDS, RESPONSE_KINDS, TRANSACTION_KINDS

COMMON = {
    "missing_customer": "not_null(customer_id)",
    "exact_duplicate": "no exact duplicates",
    "near_duplicate": "no near duplicates",
    "future_date": "not_in_future(",
    "absurd_date": "no absurd date",
    "test_account": "no test account",
}
FINDERS = {
    "transactions": COMMON
    | {
        "negative_price": "in_range(unit_price",
        "zero_price": "unit_price != 0",
        "outlier_quantity": "usual quantity of the product",
        "unmatched_refund": "refunds follow purchases",
    },
    "customers": COMMON
    | {
        "malformed_email": "form of email",
        "malformed_phone": "form of phone",
        "missing_value": "not_null(",
        "absurd_birth_date": "no absurd birth date",
        # the same person with another record is for those who match records
        "duplicate_person": None,
    },
    "contracts": COMMON
    | {
        "future_date": "not_in_future(started_at",
        "negative_price": "in_range(price",
        "ends_before_start": "ended_at >= started_at",
    },
    "events": COMMON | {"unknown_event": "known event", "broken_sequence": "sequence goes with time"},
    "responses": COMMON | {"score_off_scale": "score on the scale"},
}
KINDS_OF = {
    "transactions": TRANSACTION_KINDS,
    "customers": CUSTOMER_KINDS,
    "contracts": CONTRACT_KINDS,
    "events": EVENT_KINDS,
    "responses": RESPONSE_KINDS,
}
STATISTICAL = {"outlier_quantity": 0.0005, "near_duplicate": 0.0005}  # of the clean rows, at most


def judged(store):
    records = validate(store.customers, presets.customers(as_of=store.until), key="customer_id").failures
    testers = records.loc[records["rule"].str.startswith("no test account"), "key"].unique()
    return {
        "transactions": validate(store.transactions, presets.transactions(as_of=store.until, test_accounts=testers)),
        "customers": validate(store.customers, presets.customers(as_of=store.until)),
        "contracts": validate(store.contracts, presets.contracts(as_of=store.until)),
        "events": validate(
            store.events, presets.events(as_of=store.until, known=["visit", "view", "cart", "purchase"])
        ),
        "responses": validate(store.responses, presets.responses((0, 10), as_of=store.until)),
    }


@pytest.mark.parametrize(("rate", "seed"), [(0.001, 1), (0.005, 2), (0.03, 3)])
def test_every_planted_defect_is_found_and_no_clean_row_is_flagged(rate, seed):
    store = simulate_store(2_000, defect_rate=rate, rng=seed)
    verdicts = judged(store)
    for table, kinds in KINDS_OF.items():
        planted = store.defects[store.defects["table"] == table]
        failures = verdicts[table].failures
        clean = len(getattr(store, table)) - len(planted)
        for kind in kinds:
            begins = FINDERS[table][kind]
            if begins is None:
                continue
            rows = set(planted.loc[planted["kind"] == kind, "row"])
            flagged = set(failures.loc[failures["rule"].str.startswith(begins), "row"])
            assert rows <= flagged, (table, kind)
            assert len(flagged - set(planted["row"])) <= STATISTICAL.get(kind, 0) * clean, (table, kind)


def test_a_clean_store_is_accepted_whole():
    store = simulate_store(1_500, defect_rate=0, rng=4)
    for table, verdict in judged(store).items():
        assert verdict.passed, table
        assert verdict.account.rows_out == len(getattr(store, table))
        rules = set(verdict.failures["rule"])
        assert rules <= {"no cancellation", "usual quantity of the product"}, (table, rules)


def test_rows_and_money_reconcile():
    store = simulate_store(1_000, defect_rate=0.02, rng=5)
    for table, verdict in judged(store).items():
        account = verdict.account
        assert len(verdict.accepted) + len(verdict.rejected) == account.rows_in == len(getattr(store, table))
        assert account.rows_in == account.rows_out + sum(account.set_aside.values())
    account = judged(store)["transactions"].account
    assert account.amount_in == pytest.approx(store.transactions["amount"].sum())
    assert account.amount_in == pytest.approx(account.amount_out + sum(account.amount_set_aside.values()))
