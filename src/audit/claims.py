"""Every claim that an audit proves or refutes, in the order it is told."""

NUMBERING = "no line missing, repeated or unreadable"
WRITER = "one writer a file"
DOCUMENT = "each document can be read"
DECIDED_ONCE = "a signal is decided once"
HAS_SIGNAL = "a decision has its signal"
HAS_PREDICTION = "a decision has the prediction that it names"
EVERY_CHECK = "every check was asked"
RULING = "each ruling follows from its numbers"
OBEYED = "nothing trades that a check blocks"
SCORE = "the score follows from votes and weights"
SIZE = "the size follows from its factors"
POLICY = "the numbers required are those of the policies"
REPEATS = "the decision repeats"
VERSION = "the rules that decided are known"
HAS_DECISION = "an entry has its decision to trade"
WITHIN_LIMITS = "nothing is entered while a hard limit is breached"
HAS_ENTRY = "a stop or exit has its entry"
HAS_INTENT = "what is known of an order follows its intent"
FATE = "the fate of every order is known"
HAS_ORDER = "a fill has its order, and is within it"
BOOKED_ONCE = "a fill is booked once"
ALL_BOOKED = "what an order was answered is booked"
CLOSING = "a closing is the sum of its fills"
SIGN = "gain has the sign of the move"
POSITIONS_FILE = "the positions file is the ledger"
PROTECTED = "an open position has its stop"
IN_MARKET = "a fill's price is one that the market showed"
EXCHANGE_FILLS = "fills are the exchange's"
EXCHANGE_STATE = "positions, orders and cash are the exchange's"

CLAIMS: tuple[str, ...] = (
    NUMBERING,
    WRITER,
    DOCUMENT,
    DECIDED_ONCE,
    HAS_SIGNAL,
    HAS_PREDICTION,
    EVERY_CHECK,
    RULING,
    OBEYED,
    SCORE,
    SIZE,
    POLICY,
    REPEATS,
    VERSION,
    HAS_DECISION,
    WITHIN_LIMITS,
    HAS_ENTRY,
    HAS_INTENT,
    FATE,
    HAS_ORDER,
    BOOKED_ONCE,
    ALL_BOOKED,
    CLOSING,
    SIGN,
    POSITIONS_FILE,
    PROTECTED,
    IN_MARKET,
    EXCHANGE_FILLS,
    EXCHANGE_STATE,
)
