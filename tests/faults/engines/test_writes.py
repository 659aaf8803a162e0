"""Every conditional write of the product is taken by DynamoDB Local, as its language wants it.

moto and MiniStack understand conditions that DynamoDB refuses. So stories that together make every
write run once more on DynamoDB Local, and the lines of the product that made writes are noted.
"""

import json
import os
import subprocess
import sys

from tests.makers.engines import writes
from tests.makers.scale import tell

SUITE = "engines"
STORIES = {
    "workflows/test_place_pay_ship_settle.py": (
        "test_a_purchase_of_two_merchants_is_settled[None]",
        "test_unpaid_goods_are_for_sale_again_and_late_money_is_not_lost",
        "test_a_cancelled_purchase_gives_everything_back",
        "test_a_company_that_does_not_answer_is_asked_again",
    ),
    "integration/identity/test_service.py": (
        "TestSignIn::test_failures_are_free_at_first_then_make_the_right_password_wait",
        "TestSessions::test_renewing_does_not_bring_back_what_was_signed_out",
        "TestApiKeys::test_a_revoked_key_opens_nothing",
    ),
    "integration/identity/test_api.py": ("TestSessions::test_a_named_cart_becomes_the_members",),
    "integration/identity/test_codes.py": (
        "TestSigningIn::test_a_code_signs_in_once_and_proves_the_address",
        "TestSigningIn::test_guessing_ends_it",
        "TestRevealing::test_a_code_for_nobodys_login_is_wrong_in_as_many_steps",
        "TestResetting::test_a_new_password_ends_every_session",
    ),
    "integration/identity/test_security.py": (
        "TestSessions::test_one_that_is_renewed_is_so_in_the_list",
        "TestPassword::test_asks_for_the_old_one_and_ends_other_sessions",
        "TestSecondFactor::test_a_code_is_good_once_even_at_once",
        "TestSecondFactor::test_each_recovery_code_is_good_once",
        "TestSecondFactor::test_without_it_again_by_the_password",
    ),
    "integration/identity/test_linked.py": (
        "test_somebody_new_gets_an_account_and_enters_it_again",
        "test_a_member_links_and_unlinks",
    ),
    "integration/identity/test_passkeys.py": (
        "TestMaking::test_one_signs_in_and_tells_when",
        "TestKeeping::test_one_is_renamed_by_its_member_alone",
        "TestKeeping::test_one_that_is_removed_opens_nothing",
        "TestKeeping::test_closing_an_account_takes_them",
    ),
    "integration/aftersales/test_cases.py": (
        "test_it_goes_back_and_forth_and_is_settled",
        "test_two_who_write_at_once_both_stand",
        "test_it_is_gone_with_the_member",
    ),
    "integration/members/test_addresses.py": ("test_the_same_form_twice_is_one_address",),
    "integration/privacy/test_privacy.py": (
        "test_a_copy_has_it_all_and_goes",
        "test_whoever_is_erased_leaves_no_trace_and_the_books_stay",
        "test_a_running_order_keeps_its_address_until_it_has_ended",
    ),
    "integration/search/test_search.py": (
        "test_a_fresh_index_with_few_changes_is_left_alone",
        "test_the_slower_of_two_builds_publishes_nothing",
        "test_the_operator_has_it_built_anew",
    ),
    "integration/catalog/test_index.py": (
        "TestWorker::test_names_and_schemas_that_change_are_followed",
    ),
    "integration/merchants/test_service.py": (
        "TestReview::test_an_application_waits_and_is_approved",
        "TestDelivery::test_the_owner_replaces_the_ways_to_deliver",
    ),
    "integration/catalog/test_imports.py": (
        "TestTheJob::test_opening_stock_is_counted_for_new_variants_alone",
        "TestTheJob::test_what_was_removed_is_made_anew",
    ),
    "integration/catalog/test_merchant_api.py": (
        "TestManyVariants::test_all_of_them_are_sold_and_none_when_it_leaves",
    ),
    "integration/catalog/test_pictures.py": (
        "TestNotices::test_an_import_says_which_pictures_are_missing_until_they_come",
    ),
    "integration/members/test_avatars.py": ("test_of_a_member_who_is_gone_nothing_stays",),
    "integration/inventory/test_spread.py": ("TestPut::test_spreads_what_is_not_held",),
    "integration/promotions/test_offers.py": (
        "TestChanging::test_a_quota_comes_goes_and_comes_back",
        "TestChanging::test_a_stopped_offer_may_run_again",
    ),
    "integration/members/test_points.py": (
        "TestEarning::test_points_end_with_the_twelfth_month_the_oldest_first",
        "TestSpending::test_a_purchase_spends_and_an_expiry_gives_back_once",
        "TestTiers::test_what_goes_back_leads_to_grace_and_then_down",
        "TestPrivacy::test_who_is_erased_leaves_no_points_and_no_debt",
    ),
    "integration/promotions/test_issues.py": (
        "TestEverybody::test_it_pauses_and_goes_on",
        "TestSome::test_to_those_who_are_named_and_are_members",
        "TestSome::test_what_went_to_who_left_meanwhile_goes_back_once",
        "TestSome::test_what_who_left_has_used_is_removed_and_counts",
    ),
    "integration/promotions/test_codes_api.py": (
        "TestCodes::test_they_are_made_once_under_a_key_and_listed_by_batch",
    ),
    "integration/promotions/test_taxes.py": (
        "TestPrices::test_what_prices_contain_adds_nothing",
        "TestOneByOne::test_two_who_put_one_at_once_put_both",
    ),
    "integration/promotions/test_coupons.py": (
        "TestCampaigns::test_a_claim_while_the_quantity_changes_is_not_lost",
        "TestSingleCodes::test_they_are_made_once_under_a_key_and_go_on_where_they_stopped",
        "TestCampaigns::test_a_merchant_sees_its_own_and_stops_them",
        "TestClaiming::test_once_each_and_no_more_than_there_are",
        "TestSpending::test_it_comes_back_once_when_the_purchase_is_called_off",
        "TestCodes::test_anybody_uses_a_shared_code_within_its_limits",
        "TestCodes::test_a_code_that_is_stopped_is_worth_nothing",
        "test_what_a_member_who_is_gone_used_keeps_nobody_from_cancelling",
    ),
    "integration/promotions/test_statistics.py": (
        "TestFigures::test_what_goes_back_counts_no_longer",
    ),
    "integration/promotions/test_prices.py": (
        "TestLimits::test_a_quota_is_used_and_given_back_once",
        "TestLimits::test_a_quota_over_rows_is_used_to_the_last_unit",
        "TestLimits::test_a_shopper_has_so_many_and_no_more",
        "TestLimits::test_late_money_takes_the_offer_again_or_goes_back",
    ),
    "integration/cart/test_api.py": (
        "TestQuotes::test_every_merchants_cheapest_home_delivery_is_the_standard_one",
    ),
    "integration/orders/test_foreign_company.py": (
        "test_costs_four_round_trips_and_gives_the_page",
    ),
    "integration/payments/test_console.py": (
        "test_a_person_sees_what_was_told_and_asked_and_takes_it_off_the_list",
    ),
    "integration/payments/test_service.py": (
        "TestSendingRefunds::test_a_refused_refund_gives_back_what_was_set_aside",
    ),
    "integration/payments/test_store.py": ("test_money_on_top_goes_back_and_what_was_paid_stays",),
}
"""File -> tests. Where a write is new, name a test that makes it."""


def test_every_write_of_the_product_is_taken_by_dynamodb_local(engines, tmp_path):
    engines("dynamodb-local")  # fetched, if it has to be
    stories = [f"tests/{file}::{test}" for file, tests in STORIES.items() for test in tests]
    witness = tmp_path / "writes.json"
    command = [sys.executable, "-m", "pytest", "-q", "--engine", "dynamodb-local"]
    command += ["-p", "tests.makers.engines.writes", "-p", "no:cacheprovider", *stories]
    ended = subprocess.run(
        command,
        cwd=writes.ROOT,
        env=os.environ | {writes.WITNESS: str(witness)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-6_000:]
    made, taken = writes.sites(), set(json.loads(witness.read_text()))
    left = sorted(made - taken)
    assert left == [], "no story above makes these writes"
    tell(SUITE, "lines of the product that write, taken by DynamoDB Local", len(made & taken))
