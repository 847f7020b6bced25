"""``python -m src COMMAND``: everything but the daemon itself."""

import typer

from src.cli.check_config import check_config
from src.cli.explain import explain
from src.cli.freeze import freeze, unfreeze
from src.cli.learn import learn
from src.cli.paper_exchange import paper_exchange
from src.cli.promote import promote
from src.cli.records_page import records_page
from src.cli.report import report
from src.cli.simulate import simulate
from src.cli.status import status
from src.cli.tour import tour

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="The trading bot's tools. The daemon itself: python -m src.run",
)
app.command()(status)
app.command()(explain)
app.command()(learn)
app.command("paper-exchange")(paper_exchange)
app.command()(freeze)
app.command()(unfreeze)
app.command("check-config")(check_config)
app.command()(promote)
app.command()(tour)
app.command()(simulate)
app.command("records-page")(records_page)
app.add_typer(report, name="report")
