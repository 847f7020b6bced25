"""The arithmetic of money: pure folds over the ledger's entries."""
