"""A small fictional county for the tests of search."""

from __future__ import annotations

from search_index import Document, Synonym

MARKET, POLICE, CIVIL = (
    ("market", "青禾县市场监督管理局"),
    ("police", "青禾县公安局"),
    ("civil", "青禾县民政局"),
)


def document(
    number: int,
    title: str,
    plain_names: tuple[str, ...] = (),
    department: tuple[str, str] = MARKET,
    *,
    themes: tuple[str, ...] = (),
    applicants: tuple[str, ...] = ("1",),
    kind: str = "01",
    depth: int = 3,
    body: str = "",
    keywords: tuple[str, ...] = (),
) -> Document:
    return Document(
        code=f"11990121MB0000{number:04d}4990123000",
        title=title,
        plain_names=plain_names,
        department=department[0],
        department_name=department[1],
        themes=themes,
        applicants=applicants,
        type=kind,
        depth=depth,
        body=body,
        keywords=keywords,
        labels=(("type", "01", "行政许可"), ("type", "07", "行政确认")),
        version_hash=f"v{number}",
    )


COUNTY = (
    document(
        1,
        "食品经营许可(新办)",
        ("餐饮许可证",),
        themes=("202",),
        applicants=("2",),
        body="从事餐饮服务的单位",
    ),
    document(2, "食品经营许可(变更)", (), themes=("202",), applicants=("2",)),
    document(3, "个体工商户设立登记", ("个体营业执照",), themes=("107",), depth=2, kind="07"),
    document(4, "食品摊贩登记", ("摊贩证",), themes=("202",)),
    document(5, "出生登记(新生儿落户)", ("给孩子上户口",), POLICE, themes=("101",), kind="07"),
    document(6, "居民身份证补领", ("补身份证",), POLICE, themes=("115",), kind="07"),
    document(7, "户口迁移审批", ("迁户口",), POLICE, themes=("102",), depth=1),
    document(8, "最低生活保障对象认定", ("低保",), CIVIL, themes=("114",), kind="05"),
    document(9, "结婚登记", ("领结婚证",), CIVIL, themes=("110",), kind="07", depth=1),
    document(10, "养老机构备案", ("办养老院",), CIVIL, themes=("114",), applicants=("2",), kind="10"),
    document(11, "公司设立登记", ("注册公司",), themes=("107",), applicants=("2",), kind="07"),
    document(12, "旅馆业特种行业许可", ("开旅馆",), POLICE, themes=("202",), applicants=("2",)),
)

SYNONYMS = (
    Synonym(("开饭店", "开餐馆"), ("食品经营许可", "个体工商户设立登记")),
    Synonym(("开*菜馆",), ("食品经营许可",)),
    Synonym(("摆摊", "摆地摊"), ("食品摊贩登记", "个体工商户设立登记")),
    Synonym(("生小孩上户口",), ("出生登记",)),
)
