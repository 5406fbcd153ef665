import pytest
from tests import factories
pytestmark = pytest.mark.django_db
def test_nul(client):
    client.force_login(factories.division_person(username="j")); p=factories.ProcedureFactory()
    d={k: "a\x00b" for k in ("q","department","edition","state","fact","procedure","seen","differences","everything","count","rows","reason","national_id","next","name","version","procedures","refusals")}
    for u in ("survey/procedures/a%00b/","survey/","survey/differences/","survey/differences/dismiss/","survey/dues/","survey/differences/take-back/","national/","national/refusals/take-back/","national/links/","reorganisations/new/"):
        for m in ("get","post"):
            r=getattr(client,m)("/registers/"+u,d); assert r.status_code<500,(u,m)
    for k in ("survey",): assert client.post(f"/procedures/{p.pk}/survey/",d).status_code<500
