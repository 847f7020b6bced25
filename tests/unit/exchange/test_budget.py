from src.exchange.budget import Budget


def test_budget_refuses_what_is_over_the_limit_until_the_window_has_passed() -> None:
    budget = Budget(limit=20, window_s=10.0)
    assert budget.spend(10, real_now=0.0)
    assert budget.spend(10, real_now=5.0)
    assert not budget.spend(1, real_now=9.9)
    assert budget.spend(10, real_now=10.0)
    assert not budget.spend(1, real_now=14.0)


def test_what_is_kept_is_left_for_who_keeps_less() -> None:
    budget = Budget(limit=500, window_s=10.0)
    while budget.spend(10, real_now=0.0, keep=100):
        pass
    assert not budget.spend(10, real_now=1.0, keep=100)
    assert sum(budget.spend(10, real_now=1.0) for _ in range(20)) == 10
