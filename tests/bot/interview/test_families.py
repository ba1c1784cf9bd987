"""Which benefits an interview is about on a day."""

from datetime import date

from bot.interview.families import Family, First, Goal, everything, families, goal_of, spoken_as, wrong_with
from policies.eligibility import Rules
from tests.policies.signed import signed_book

RULES = Rules.load()
TODAY = date(2026, 11, 20)


def test_every_name_in_the_file_exists_and_every_benefit_is_in_it() -> None:
    assert wrong_with(families(), RULES, signed_book().subjects()) == []


def test_a_name_that_is_not_there_is_told() -> None:
    family = Family(("house_disaster", "no_such"), ("nothing",), alone=("electricity",), first=First("age", ("old",)))

    found = wrong_with({"housing": family, "again": Family(("house_disaster",))}, RULES, frozenset())

    assert {each.partition(":")[0] for each in found} >= {"no_such", "nothing", "electricity", "age", "house_disaster"}
    assert "electricity: in no family" in found


def test_what_is_law_is_asked_about_itself() -> None:
    assert goal_of("electricity", RULES, TODAY) == Goal(("electricity",))
    assert goal_of("social_pension", RULES, TODAY) == Goal(("social_pension",))


def test_what_has_ended_is_asked_about_as_what_there_is_today() -> None:
    assert goal_of("house_campaign_2025", RULES, date(2025, 3, 1)) == Goal(("house_campaign_2025",))
    assert goal_of("house_campaign_2025", RULES, TODAY) == Goal(("house_disaster",))
    assert goal_of("house_campaign_result", RULES, TODAY) == Goal(("house_disaster",))


def test_who_gets_one_of_several_is_asked_about_all_of_them() -> None:
    goal = goal_of("hi_poor", RULES, TODAY)

    assert goal is not None
    assert goal.one_of
    assert goal.policies[0] == "hi_poor"
    assert "hi_nearpoor_premium" in goal.policies


def test_what_is_not_computed_has_no_interview() -> None:
    assert goal_of("scam_support", RULES, TODAY) is None
    assert goal_of("loan_house_poor_33", RULES, date(2010, 1, 1)) is None


def test_a_benefit_that_is_no_subject_is_spoken_of_as_its_family() -> None:
    subjects = signed_book().subjects()

    assert spoken_as("poverty_poor", subjects) == "review_regular"
    assert spoken_as("electricity", subjects) == "electricity"


def test_over_everything_nobody_reckons_what_the_certificate_says() -> None:
    goal = everything(RULES, TODAY)

    assert {"electricity", "sa_monthly"} <= set(goal.policies)
    assert not {"poverty_poor", "poverty_near_poor"} & set(goal.policies)
