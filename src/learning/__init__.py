"""The pure formulas of learning: blocks, attribution, weights, adjustments, counterfactuals."""
