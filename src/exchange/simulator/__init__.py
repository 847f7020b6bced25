"""The paper exchange: an engine, its markets and a server that speaks Kraken Futures' wire protocol."""
