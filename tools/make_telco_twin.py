"""Write a synthetic twin of IBM's Telco customer churn sample.

What it is: 7,043 invented customers drawn from small tables of aggregate shares and rounded
logistic coefficients that were estimated once from IBM's sample. No row of that sample is read
here or stored here.

What it keeps: the 21 columns, their order, names and text formats; the traps (TotalCharges is text
and holds a single space where tenure is 0, SeniorCitizen is 0/1 among Yes/No flags, "No internet
service" and "No phone service" levels); the marginal shares, the churn rates by level, the signs
and rough sizes of the correlations, and how well churn can be predicted.

What it does not promise: anything finer. Dependencies that are not in the tables below are absent,
so no finding about real customers should be drawn from it.

Usage: python tools/make_telco_twin.py [OUT]
"""

import argparse
import hashlib
import math
import random
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

SEED = 35  # of forty tried, the nearest in rates and in how well churn can be predicted
ROWS = 7043
NEW_CUSTOMERS = 11  # signed but not billed yet: tenure 0, blank TotalCharges
DEFAULT_OUT = Path("data/telco/telco_synthetic.csv")

COLUMNS = (
    "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,MultipleLines,"
    "InternetService,OnlineSecurity,OnlineBackup,DeviceProtection,TechSupport,StreamingTV,"
    "StreamingMovies,Contract,PaperlessBilling,PaymentMethod,MonthlyCharges,TotalCharges,Churn"
)
ADD_ONS = ("security", "backup", "protection", "support", "tv", "movies")

# Aggregate shares of the contracts, in percent, rounded.
CONTRACTS = ("Month-to-month", "One year", "Two year")
CONTRACT_SHARES = (55, 21, 24)

# Aggregate shares of tenure bands, each from one start to the month before the next, within each
# contract, in percent, rounded. Within a band every month is equally likely.
TENURE_STARTS = (1, 2, 4, 7, 13, 25, 37, 49, 61, 67, 71, 72, 73)
TENURE_SHARES = {
    "Month-to-month": (16, 11, 10, 15, 19, 12, 8, 6, 2, 1, 0, 0),
    "One year": (0, 1, 1, 6, 13, 17, 18, 22, 11, 7, 2, 1),
    "Two year": (0, 0, 1, 2, 5, 6, 10, 16, 14, 16, 8, 20),
}

# Rounded logistic coefficients, drawn in this order: (flag, the term it is conditional on,
# intercept, weights). A term is a product of flags, "~" negates one. A flag whose condition does
# not hold is 0. "years" is tenure in years, "log" is log(1 + months), "new" is the first month,
# "full" is 70 months or more.
LOGITS: tuple[tuple[str, str, float, dict[str, float]], ...] = (
    ("net", "", -0.65, {"years": 0.55, "month": 1.9, "two": -1.45}),
    ("fiber", "net", -1.25, {"years": 0.3, "month": 1.35, "two": -0.75}),
    ("nophone", "net*~fiber", -1.05, {"month": 0.25}),
    ("lines", "~nophone", -2.6, {"years": 0.4, "new": -0.75, "full": 0.55, "month": 0.4,
        "net": 0.8, "fiber": 1.05}),
    ("senior", "", -3.9, {"years": 0.15, "month": 0.75, "two": -0.45, "net": 1.0, "fiber": 0.85,
        "lines": 0.3}),
    ("partner", "", -0.75, {"years": 0.3, "new": -0.7, "full": 0.65, "month": -0.25}),
    ("dependents", "", -1.25, {"years": -0.1, "partner": 2.45, "senior": -1.85, "month": -0.4,
        "two": 0.3, "net": -0.3, "fiber": -0.45}),
    ("security", "net", -0.35, {"years": 0.25, "new": -1.0, "full": 0.4, "month": -0.55, "two": 0.4,
        "fiber": -1.05, "senior": -0.35, "nophone": -0.4}),
    ("backup", "net", -1.25, {"years": 0.38, "new": -0.8, "full": 0.55, "month": -0.1}),
    ("protection", "net", -0.7, {"years": 0.25, "new": -1.05, "full": 0.4, "month": -0.7,
        "two": 0.5, "fiber": 0.2}),
    ("support", "net", -0.2, {"years": 0.1, "new": -1.1, "month": -0.8, "two": 1.0, "fiber": -0.75,
        "senior": -0.45, "nophone": -0.3, "security": 0.25, "protection": 0.25}),
    ("tv", "net", -1.05, {"years": 0.15, "new": -0.7, "full": 0.35, "month": -0.45, "two": 0.25,
        "fiber": 0.9, "lines": 0.25, "security": -0.4, "protection": 0.65, "support": 0.3}),
    ("movies", "net", -1.53, {"years": 0.13, "new": -0.5, "month": -0.35, "two": 0.2, "tv": 1.4,
        "fiber": 0.6, "lines": 0.25, "nophone": 0.25, "security": -0.2, "protection": 0.55,
        "support": 0.2}),
    ("paperless", "", -1.3, {"years": 0.08, "month": 0.55, "net": 0.95, "fiber": 0.75,
        "security": -0.35, "tv": 0.45, "senior": 0.35}),
    ("echeck", "", -2.45, {"years": -0.1, "new": 0.25, "month": 0.65, "two": -0.65, "net": 1.5,
        "fiber": 0.75, "security": -0.35, "support": -0.4, "tv": 0.4, "movies": 0.25,
        "senior": 0.25, "dependents": -0.2}),
    ("mailed", "~echeck", 1.35, {"years": -0.45, "new": 0.9, "month": -0.15, "net": -0.55,
        "fiber": -0.75, "paperless": -0.3, "senior": -0.5}),
    # "billed" keeps new customers from leaving before their first bill, as in IBM's sample.
    ("churn", "billed", -2.43, {"log": -0.35, "month*log": -0.25, "fiber*years": -0.05, "new": 0.25,
        "fiber*new": 0.4, "month": 1.65, "two": -0.9, "net": 0.7, "fiber": 1.1, "lines": 0.35,
        "nophone": 0.55, "security": -0.35, "month*support": -0.5, "tv": 0.3, "movies": 0.3,
        "backup": -0.15, "paperless": 0.35, "echeck": 0.35, "senior*month": 0.4,
        "dependents": -0.2}),
)  # fmt: skip

# Price list in dollars a month, rounded; MonthlyCharges is their sum plus noise.
PRICES = {
    "~nophone": 20, "lines": 5, "net*~fiber": 25, "fiber": 50, "security": 5, "backup": 5,
    "protection": 5, "support": 5, "tv": 10, "movies": 10,
}  # fmt: skip
MONTHLY_NOISE = 1.0  # standard deviation, dollars
TOTAL_NOISE = 0.2  # standard deviation, in monthly charges per square root of a month
LOWEST_CHARGE = 18.25


def pick(rng: random.Random, shares: Sequence[int]) -> int:
    """Draw an index with probability proportional to its share."""
    edges = list(accumulate(shares))
    return bisect(edges, rng.random() * edges[-1], hi=len(edges) - 1)


def shuffled(rng: random.Random, count: int) -> list[int]:
    """Order 0..count-1 at random."""
    # Python guarantees the sequence of random() for a seed, but not that of shuffle().
    return sorted(range(count), key=[rng.random() for _ in range(count)].__getitem__)


def noise(rng: random.Random) -> float:
    """Draw from nearly a standard normal."""
    # Twelve uniforms need no logarithm or cosine, whose last digit differs between platforms; and
    # fsum, unlike sum, adds floats alike in every Python version.
    return math.fsum(rng.random() for _ in range(12)) - 6.0


def term(row: dict[str, float], name: str) -> float:
    """Multiply the flags of a term; the empty term is 1."""
    product = 1.0
    for factor in name.split("*") if name else ():
        product *= 1.0 - row[factor[1:]] if factor.startswith("~") else row[factor]
    return product


def draw_customer(rng: random.Random, billed: bool) -> dict[str, float]:
    """Draw contract, tenure and then every flag, each given the ones before it."""
    contract = pick(rng, CONTRACT_SHARES) if billed else CONTRACTS.index("Two year")
    band = pick(rng, TENURE_SHARES[CONTRACTS[contract]])
    low, high = TENURE_STARTS[band], TENURE_STARTS[band + 1]
    tenure = low + int(rng.random() * (high - low)) if billed else 0
    row: dict[str, float] = {
        "billed": billed, "contract": contract, "tenure": tenure,
        "month": contract == 0, "two": contract == 2, "years": tenure / 12,
        "log": math.log1p(tenure), "new": tenure <= 1, "full": tenure >= 70,
    }  # fmt: skip
    for flag, condition, intercept, weights in LOGITS:
        z = intercept + math.fsum(w * term(row, name) for name, w in weights.items())
        hit = rng.random() < 1.0 / (1.0 + math.exp(-z))
        row[flag] = float(hit and term(row, condition) > 0)
    row["male"] = rng.random() < 0.505
    row["card"] = rng.random() < 0.5  # automatic payments: card or bank, about half each
    return row


def money(cents: int) -> str:
    """Format like IBM's file, which drops trailing zeros: 29.85, 42.3, 84."""
    return f"{cents // 100}.{cents % 100:02d}".rstrip("0").rstrip(".")


def draw_charges(rng: random.Random, row: dict[str, float]) -> tuple[str, str]:
    """Draw MonthlyCharges and TotalCharges; both move in steps of five cents."""
    tenure = int(row["tenure"])
    price = math.fsum(dollars * term(row, name) for name, dollars in PRICES.items())
    monthly = 5 * round(20 * max(LOWEST_CHARGE, price + MONTHLY_NOISE * noise(rng)))
    drift = TOTAL_NOISE * math.sqrt(tenure) * noise(rng) if tenure > 1 else 0.0
    total = 5 * round(monthly * max(1.0, tenure + drift) / 5)
    return money(monthly), money(total) if tenure else " "


def draw_line(rng: random.Random, number: int, billed: bool) -> str:
    """Draw one customer as a line of the CSV."""
    row = draw_customer(rng, billed)
    yes = {flag: "Yes" if row[flag] else "No" for flag, *_ in LOGITS}
    phone = "No phone service" if row["nophone"] else yes["lines"]
    internet = "Fiber optic" if row["fiber"] else "DSL" if row["net"] else "No"
    automatic = "Credit card (automatic)" if row["card"] else "Bank transfer (automatic)"
    other = "Mailed check" if row["mailed"] else automatic
    cells = (
        f"{number:04d}-SYNTH", "Male" if row["male"] else "Female", str(int(row["senior"])),
        yes["partner"], yes["dependents"], str(int(row["tenure"])),
        "No" if row["nophone"] else "Yes", phone, internet,
        *(yes[flag] if row["net"] else "No internet service" for flag in ADD_ONS),
        CONTRACTS[int(row["contract"])], yes["paperless"],
        "Electronic check" if row["echeck"] else other, *draw_charges(rng, row), yes["churn"],
    )  # fmt: skip
    return ",".join(cells)


def make_csv() -> bytes:
    """Make the whole file, LF line ends."""
    rng = random.Random(SEED)
    numbers = shuffled(rng, ROWS)
    unbilled = set(shuffled(rng, ROWS)[:NEW_CUSTOMERS])
    lines = [draw_line(rng, number + 1, number not in unbilled) for number in numbers]
    return "\n".join([COLUMNS, *lines, ""]).encode("ascii")


def main() -> None:
    """Write the twin and print what was written."""
    parser = argparse.ArgumentParser(description="Write a synthetic twin of the Telco sample.")
    parser.add_argument("out", nargs="?", type=Path, default=DEFAULT_OUT, metavar="OUT")
    out: Path = parser.parse_args().out
    data = make_csv()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    print(f"{out}: {ROWS} rows, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
