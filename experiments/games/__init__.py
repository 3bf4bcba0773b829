"""Games in strategic form: payoff tables, equilibria, regret, dominance, dynamics."""
