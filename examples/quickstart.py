"""From a table of transactions to one table of customers, in one run.

Without arguments on the CDNOW purchases (they come with `lifetimes`, nothing is downloaded):

    python examples/quickstart.py

On your own table, a CSV or Parquet file:

    python examples/quickstart.py shop.parquet --customer CustomerID --timestamp InvoiceDate \
        --unit-price UnitPrice --quantity Quantity --order InvoiceNo --product StockCode \
        --refund-when "starts_with(order_id, 'C')"

Tables and a picture (if matplotlib is installed) go to the folder `quickstart-output`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

import custval as cv

STARTED = time.perf_counter()


def step(text: str) -> None:
    print(f"[{time.perf_counter() - STARTED:5.1f} s] {text}", flush=True)


def show(table: object) -> None:
    print("\n".join("    " + line for line in str(table).splitlines()), flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="From transactions to a table of customers.")
    parser.add_argument("path", nargs="?", help="a CSV or Parquet file of transactions; CDNOW if not given")
    for name in ("customer", "timestamp", "amount", "unit-price", "quantity", "order", "product"):
        parser.add_argument(f"--{name}", help=f"the column that holds the {name.replace('-', ' ')}")
    parser.add_argument("--format", help="the format of the timestamps, such as %%d/%%m/%%Y, if they are not ISO")
    parser.add_argument(
        "--refund-when", help="a condition such as \"starts_with(order_id, 'C')\"; negative lines if not given"
    )
    parser.add_argument("--calibration-end", help="the last day that the models are fitted on; the middle if not given")
    parser.add_argument("--annual-discount-rate", type=float, default=0.1)
    parser.add_argument("--margin", type=float, default=1.0)
    parser.add_argument("--out", default="quickstart-output", help="the folder for tables and the picture")
    return parser.parse_args()


def read(options: argparse.Namespace) -> pd.DataFrame:
    """The raw table, its columns named at the door."""
    if options.path is None:
        raw = cv.datasets.load_cdnow()
    elif options.path.endswith((".parquet", ".pq")):
        raw = pd.read_parquet(options.path)
    else:
        raw = pd.read_csv(options.path)
    names = ("customer", "timestamp", "amount", "unit_price", "quantity", "order", "product", "format")
    named = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return cv.transactions(raw, **named)


def baselines(split: pd.DataFrame) -> dict[str, np.ndarray]:
    """What one would say without a model: the base's mean; as often as so far; as often, if bought lately."""
    horizon = split["holdout_T"].iloc[0]
    pace = split["frequency"] / split["T"].clip(lower=split["T"][split["T"] > 0].min()) * horizon
    lately = split["time_since_last"] <= split["time_since_last"].median()
    mean = split["frequency"].sum() / split["T"].sum() * horizon
    return {
        "every customer at the mean rate": np.full(len(split), mean),
        "as often as so far": pace.to_numpy(),
        "as often as so far, if bought lately": np.where(lately, pace, 0.0),
    }


def holdout_errors(split: pd.DataFrame, predicted: np.ndarray) -> pd.DataFrame:
    """The model beside the baselines on purchases that it has not seen."""
    actual = split["holdout_frequency"].to_numpy()
    forecasts = {"BG/NBD": predicted, **baselines(split)}
    rows = [
        {
            "forecast": name,
            "total": round(float(values.sum()), 1),
            "bias_%": round(100 * (values.sum() / actual.sum() - 1), 1),
            "MAE": round(float(np.abs(values - actual).mean()), 4),
            "RMSE": round(float(np.sqrt(((values - actual) ** 2).mean())), 4),
        }
        for name, values in forecasts.items()
    ]
    return pd.DataFrame([{"forecast": "what happened", "total": float(actual.sum())}, *rows])


def check_on_holdout(tx: pd.DataFrame, calibration_end: str | None) -> None:
    """Fit on the first part of the data, compare with the second."""
    first, last = tx["timestamp"].min(), tx["timestamp"].max()
    end = calibration_end or str((first + (last - first) / 2).date())
    split = cv.calibration_holdout(tx, calibration_end=end, unit="W")
    model = cv.clv.BetaGeoModel().fit(split)
    predicted = model.expected_purchases(split, float(split["holdout_T"].iloc[0]))["expected_purchases"]
    step(
        f"check: BG/NBD fitted up to {end} ({model.fit_status_}), "
        f"compared with the {split['holdout_T'].iloc[0]:.0f} weeks after it"
    )
    show(holdout_errors(split, predicted.to_numpy()).to_string(index=False, na_rep=""))


def save_picture(matrix: object, folder: Path) -> None:
    try:
        axes = matrix.plot()
    except cv.CustvalError as error:
        if error.code != "optional":
            raise
        step(f"no picture: {error} ({error.suggestion})")
        return
    path = folder / "stage_by_value.png"
    axes.figure.savefig(path, dpi=120, bbox_inches="tight")
    step(f"picture: {path}")


def main() -> None:
    options = arguments()
    folder = Path(options.out)
    folder.mkdir(parents=True, exist_ok=True)

    tx = read(options)
    step(f"door: {len(tx):,} lines, columns {', '.join(tx.columns)}")

    profile = cv.data_quality.profile(tx)
    step("profile: how good are the rows?")
    show(pd.Series(profile.quality.to_dict()).to_string())

    cleaned = cv.data_quality.clean_transactions(tx, refund_when=options.refund_when)
    step("clean: rows and money add up")
    show(cleaned.account)
    tx = cleaned.frame

    summary = cv.summarize(tx, unit="W")
    without = tx["customer_id"].nunique() - len(summary)
    step(f"summarize: {len(summary):,} customers with a purchase; {without:,} have only lines without positive amount")

    segments = cv.segmentation.RFMScorer().fit_transform(summary)
    step("RFM segments")
    show(segments["rfm_segment"].value_counts().to_string())

    stages = cv.lifecycle.stages(tx)
    step("lifecycle stages")
    show(stages["stage"].value_counts().to_string())

    check_on_holdout(tx, options.calibration_end)

    purchases = cv.clv.BetaGeoModel().fit(summary)
    spend = cv.clv.GammaGammaModel(nonpositive="exclude").fit(summary)
    step(f"models on all weeks: BG/NBD {purchases.fit_status_}, Gamma-Gamma {spend.fit_status_}")
    show(pd.concat([purchases.parameter_table(), spend.parameter_table()]).round(4).to_string(index=False))

    value = cv.clv.lifetime_value(
        purchases,
        spend,
        summary,
        horizon="12M",
        annual_discount_rate=options.annual_discount_rate,
        margin=options.margin,
    )
    step(f"lifetime value: {value['clv'].sum():,.0f} over the next 12 months, {value['clv'].mean():.2f} a customer")

    active = purchases.probability_active(summary, "3M")
    quiet = active.assign(churn_probability=1 - active["probability_active"])[["customer_id", "churn_probability"]]
    step(f"no purchase in the next quarter: {quiet['churn_probability'].sum():,.0f} customers expected")

    view = cv.strategy.customer_view(
        summary,
        as_of=str(tx["timestamp"].max().date()),
        stage=stages,
        value=value,
        churn=quiet,
        segment=(segments, "rfm_segment"),
    )
    matrix = cv.strategy.view_matrix(view)
    step(f"one table: {len(view):,} customers × {len(view.columns)} columns; lifecycle stage × value")
    show(matrix.to_frame().to_string(index=False))

    view.to_csv(folder / "customers.csv", index=False)
    cleaned.removed.to_csv(folder / "removed.csv", index=False)
    step(f"tables: {folder / 'customers.csv'}, {folder / 'removed.csv'}")
    save_picture(matrix, folder)


if __name__ == "__main__":
    main()
