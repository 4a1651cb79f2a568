"""Signing in (登录) over HTTP."""

from tests.signaling.conftest import PASSWORD


async def test_an_officer_signs_in_and_out(house) -> None:
    officer = await house.account("bureau_officer")
    status, me, _ = await officer.ask("GET", "/api/v1/me")
    assert (status, me["role"], me["login"], me["must_change"]) == (200, "bureau_officer", officer.login, False)
    assert "keep_policy" in me["may"]
    assert (await officer.ask("DELETE", "/api/v1/sessions/current"))[0] == 204
    assert (await officer.ask("GET", "/api/v1/me"))[1]["code"] == "token_missing"
    assert (await officer.sign_in(PASSWORD))[0] == 201
