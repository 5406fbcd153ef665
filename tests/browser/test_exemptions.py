"""適用除外 in a browser: the misfit while it is chosen, a question, its answer, the decision."""

from itertools import product

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from procedures.models import Exemption, Procedure
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)

GROUNDS = {
    "ordinance_art7": "条例第7条",
    "rule_art16": "施行規則第16条",
    "national_list": "国の適用除外",
}
# Clause 6 in plain words: basis and ground that fit each other.
HOLDS = {
    ("municipal", "ordinance_art7"),
    ("municipal", "rule_art16"),
    ("national", "national_list"),
}


@pytest.fixture
def procedure(department):
    """A municipal procedure of ``department`` in which something hinders."""
    return factories.LegalBasisFactory(
        procedure__department=department,
        procedure__name="犬の登録の申請",
        procedure__payment="offline",
    ).procedure


def change_to(visitor, user) -> None:
    """Another person at the same browser."""
    visitor.sign_out()
    visitor.sign_in(user)


def test_an_exemption_from_the_proposal_to_its_end(
    visitor, member, division_person, procedure, tmp_path
):
    address = visitor.address + reverse("procedure_detail", args=[procedure.pk])
    page, outcome = visitor.page, visitor.page.locator("#outcome")
    category = page.locator("main .badge").first
    section = page.get_by_role("region", name="適用除外（方針6）")
    visitor.sign_in(member)
    page.goto(address)
    section.get_by_role("link", name="適用除外を申し出る").click()
    page.get_by_label("国の適用除外").check()
    expect(outcome).to_contain_text("確認しても適用除外になりません")
    expect(page.get_by_label("法令名")).to_be_visible()
    visitor.check_page()
    page.get_by_label("施行規則第16条").check()
    expect(outcome).to_contain_text("区分は「適用除外」になります")
    expect(page.get_by_label("法令名")).to_be_hidden()
    page.get_by_label("適用除外の条項").fill("例示の条項")
    page.get_by_label("適用除外の理由").fill("現物を渡すため")
    evidence = tmp_path / "根拠.pdf"
    evidence.write_bytes(b"%PDF-1.7 ...")
    page.get_by_label("根拠資料").set_input_files(evidence)
    page.get_by_role("button", name="申し出る").click()
    expect(category).to_have_text("検討")
    expect(section.get_by_role("button")).to_have_count(0)  # nothing here is theirs to decide
    visitor.check_page()

    change_to(visitor, division_person)
    page.goto(visitor.address + reverse("exemption_list"))
    page.get_by_role("link", name="犬の登録の申請").first.click()
    section.get_by_text("質問して差し戻す").click()
    section.get_by_label("質問").fill("第何号に当たりますか。")
    section.get_by_role("button", name="質問を伝えて差し戻す").click()
    expect(section).to_contain_text("差戻し（質問あり）")
    visitor.check_page()

    change_to(visitor, member)
    page.goto(visitor.address + reverse("exemption_list"))
    expect(page.get_by_role("region", name="待っている適用除外")).to_contain_text("第何号に")
    page.goto(address)
    section.get_by_role("link", name="質問に答えて申し出る").click()
    expect(page.get_by_text("情報政策課からの質問")).to_be_visible()
    visitor.check_page()
    page.get_by_label("適用除外の条項").fill("例示の条項 第3号")
    page.get_by_role("button", name="申し出る").click()
    expect(section).to_contain_text("例示の条項 第3号")

    change_to(visitor, division_person)
    page.goto(address)
    section.get_by_role("button", name="適用除外を確認する").click()
    expect(category).to_have_text("適用除外")
    visitor.check_page()
    with page.expect_download() as download:
        section.get_by_role("link", name="根拠.pdf").click()
    assert download.value.suggested_filename == "根拠.pdf"
    section.get_by_text("適用除外を取り下げる").click()
    section.get_by_label("理由").fill("規則が変わったため")
    section.get_by_role("button", name="理由を伝えて取り下げる").click()
    expect(category).to_have_text("検討")
    assert Procedure.objects.get().category == "pending"
    assert Exemption.objects.get().state == "withdrawn"
    visitor.check_page()


def test_the_truth_table_as_it_is_chosen_and_as_it_is_decided(visitor, department, division_person):
    """Basis × ground × confirmed: what the form says, and the category of the page."""
    page, outcome = visitor.page, visitor.page.locator("#outcome")
    visitor.sign_in(division_person)
    for basis in ("municipal", "national", "prefectural", "unknown"):
        one = factories.LegalBasisFactory(procedure__department=department, level=basis).procedure
        page.goto(visitor.address + reverse("exemption_propose", args=[one.pk]))
        for ground, label in GROUNDS.items():
            page.get_by_label(label).check()
            fits = (basis, ground) in HOLDS
            expected = "「適用除外」になります" if fits else "適用除外になりません"
            expect(outcome).to_contain_text(expected)
    for (basis, ground), is_confirmed in product(
        product(("municipal", "national", "prefectural", "unknown"), GROUNDS), (False, True)
    ):
        one = factories.LegalBasisFactory(procedure__department=department, level=basis).procedure
        factories.ExemptionFactory(procedure=one, ground=ground, confirmed=is_confirmed)
        page.goto(visitor.address + reverse("procedure_detail", args=[one.pk]))
        is_exempt = is_confirmed and (basis, ground) in HOLDS
        shown = page.locator("main .badge").first.inner_text()
        assert (shown.strip() == "適用除外") is is_exempt, (basis, ground, is_confirmed)
    assert visitor.console_errors == []


def test_a_provision_is_typed_in_and_chosen(visitor, member, administrator, procedure):
    visitor.sign_in(administrator)
    page = visitor.page
    page.goto(visitor.address + reverse("provision_list"))
    visitor.check_page()
    page.locator(".empty-state").get_by_role("link", name="条項を登録").click()
    page.get_by_label("条項", exact=False).first.fill("例示の条項")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("rowheader", name="例示の条項")).to_be_visible()
    visitor.check_page()

    change_to(visitor, member)
    page.goto(visitor.address + reverse("exemption_propose", args=[procedure.pk]))
    page.get_by_label("条例第7条").check()
    page.get_by_label("条項（一覧から）").select_option(label="例示の条項")
    page.get_by_label("適用除外の理由").fill("現物を渡すため")
    page.get_by_role("button", name="申し出る").click()
    expect(page.get_by_role("region", name="適用除外（方針6）")).to_contain_text("例示の条項")
