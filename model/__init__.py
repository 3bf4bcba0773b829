"""The world they share: data, parameters, scenarios, the month, the ledger, the measures."""
