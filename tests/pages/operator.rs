//! Templates of the operator's.

use vestibule::pages::facts::Facts;
use vestibule::pages::fault::Mistake;
use vestibule::pages::language::Language;
use vestibule::pages::page::Page;
use vestibule::pages::{BUILT_IN, Pages};

fn with(files: &[(&str, &str)]) -> Result<Pages, Vec<(String, Option<usize>, Mistake)>> {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    Pages::with(files)
        .map_err(|faults| faults.into_iter().map(|fault| (fault.file, fault.line, fault.what)).collect())
}

#[test]
fn the_built_in_templates_are_good_templates() {
    with(BUILT_IN).unwrap();
}

#[test]
fn a_template_takes_the_place_of_ours_and_the_rest_stays() {
    let pages = with(&[
        ("signed_out.html", "{% extends \"layout.html\" %}{% block main %}<p>Bye, {% include \"_where.html\" %}</p>{% endblock %}"),
        ("_where.html", "<a href=\"{{ home }}\">home</a>"),
        ("style.css", "body{color:red}"),
    ])
    .unwrap();
    let facts = Facts {
        title: "T",
        sentence: Some("S"),
        home: Some("https://a.example/?x=1&y=2"),
        ..Facts::default()
    };
    let page = pages.render(Page::SignedOut, Language::German, &facts);
    assert!(
        page.html.contains("<p>Bye, <a href=\"https://a.example/?x=1&amp;y=2\">home</a></p>"),
        "{}",
        page.html
    );
    assert!(page.html.contains("<style>body{color:red}</style>"));
    let ours = Pages::built_in().render(Page::SignedOut, Language::German, &facts);
    assert_ne!(page.style_hash, ours.style_hash);
    assert!(pages.render(Page::Expired, Language::German, &facts).html.contains("lang=\"de\""));
}

#[test]
fn what_is_wrong_with_a_template_is_found_before_anybody_sees_it() {
    let layout =
        |main: &str| format!("{{% extends \"layout.html\" %}}\n{{% block main %}}\n{main}\n{{% endblock %}}");
    let home = "{{ home }}";
    let rows: Vec<(&str, String, Option<usize>, &str)> = vec![
        ("forbiden.html", String::new(), None, "NoSuchPage"),
        ("signed_out.html", layout("{% if home %}"), None, "Syntax"),
        ("signed_out.html", layout("{{ hom }}"), Some(3), "NoSuchVariable { name: \"hom\" }"),
        (
            "signed_out.html",
            layout("{{ text.signout }}"),
            Some(3),
            "NoSuchVariable { name: \"text.signout\" }",
        ),
        (
            "signed_out.html",
            layout("{% if not home %}{{ account.nam }}{{ accoun }}{% endif %}"),
            Some(3),
            "NoSuchVariable",
        ),
        ("signed_out.html", layout("{{ home|shout }}"), Some(3), "Unrenderable"),
        ("signed_out.html", layout("{{ home|safe }}"), Some(3), "Unrenderable"),
        ("signed_out.html", layout("{{ nothing() }}"), Some(3), "NoSuchVariable"),
        ("signed_out.html", layout("{% include \"_missing.html\" %}"), Some(3), "Unrenderable"),
        (
            "signed_out.html",
            layout("{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}"),
            None,
            "Unrenderable(\"it does not come to an end\")",
        ),
        ("signed_out.html", layout("no way home"), None, "NotShown(\"home\")"),
        ("signed_out.html", home.to_owned(), None, "NotShown(\"title\")"),
        ("signed_out.html", layout("<script>x</script>{{ home }}"), Some(3), "Forbidden(\"a script\")"),
        (
            "signed_out.html",
            layout("<p style=\"color:red\">{{ home }}"),
            Some(3),
            "Forbidden(\"a style attribute\")",
        ),
        (
            "signed_out.html",
            layout("<a href={{ home }}>x</a>"),
            None,
            "Misplaced(\"the attribute href, without quotes\")",
        ),
        (
            "signed_out.html",
            layout("{{ home }}<p {{ title }}>"),
            None,
            "Misplaced(\"the name of an attribute\")",
        ),
        (
            "signed_out.html",
            layout("{{ home }}<style>a{content:'{{ title }}'}</style>"),
            None,
            "Misplaced(\"the element style\")",
        ),
        (
            "signed_out.html",
            layout("{{ home }}{% if lang == \"fr\" %}<a href={{ home }}>x</a>{% endif %}"),
            None,
            "Misplaced",
        ),
        (
            "signed_out.html",
            layout("{{ home }}<p onclick='x'>"),
            None,
            "Forbidden(\"a script in an attribute\")",
        ),
        ("signed_out.html", layout("{{ home }}<BASE href=\"/\">"), Some(3), "Forbidden(\"a <base>\")"),
        ("signed_out.html", layout("{{ home }}<iframe src=\"/\">"), Some(3), "Forbidden(\"a frame\")"),
        // The block has another name, so that nothing of it is shown.
        (
            "signed_out.html",
            "{% extends \"layout.html\" %}{% block mian %}{{ home }}{% endblock %}".into(),
            None,
            "NotShown",
        ),
        ("style.css", "a{}\n</STYLE><b>".into(), Some(2), "EndsStyle"),
        ("layout.html", "<html>{{ title }}".into(), None, "NotShown"),
    ];
    for (name, source, line, mistake) in rows {
        let faults = with(&[(name, &source)]).expect_err(&source);
        let (_, at, what) = &faults[0];
        assert!(format!("{what:?}").starts_with(mistake), "{source}: {faults:?}");
        assert!(line.is_none() || *at == line, "{source}: {faults:?}");
    }
}

#[test]
fn no_template_switches_escaping_off() {
    let source = "{% extends \"layout.html\" %}{% block main %}{% autoescape false %}{{ home }}{% endautoescape %}{% endblock %}";
    let pages = with(&[("signed_out.html", source)]).unwrap();
    let facts = Facts { title: "<b>", sentence: Some("s"), home: Some("<b>"), ..Facts::default() };
    assert!(!pages.render(Page::SignedOut, Language::English, &facts).html.contains("<b>"));
}

/// `UPDATE_DOCS=1` writes the tables anew.
#[test]
fn the_tables_in_the_documentation_are_those_of_the_program() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pages.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, _) = page.split_once("\n### Templates\n").unwrap();
    let mut after = "\n### Templates\n\n| file | the page | must show |\n|---|---|---|\n".to_owned();
    after += "| `layout.html` | what all others stand in | `style` |\n| `style.css` | the style sheet, which is `style` | |\n";
    for page in Page::ALL {
        let needs: Vec<_> = page.needs().iter().map(|name| format!("`{name}`")).collect();
        after += &format!("| `{}` | {} | {} |\n", page.file(), page.about(), needs.join(", "));
    }
    after += "\n### Variables\n\nEvery template has all of them; those about which there is nothing to say are empty, which counts as false.\n\n";
    after += "| variable | what it is |\n|---|---|\n| `lang` | The language, for `<html lang>`. |\n";
    after += "| `style` | The style sheet, for `<style>`. It alone is not escaped. |\n";
    let joined = |doc: &[&str]| doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    for (name, doc) in Facts::NAMES {
        after += &format!("| `{name}` | {} |\n", joined(doc));
    }
    after += "\n### Texts\n\nIn the language of the person:\n\n| variable | what it is for |\n|---|---|\n";
    for (name, doc) in vestibule::pages::texts::Texts::NAMES {
        after += &format!("| `text.{name}` | {} |\n", joined(doc));
    }
    let needed = format!("{before}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, needed).unwrap();
    } else {
        assert!(
            page == needed,
            "docs/pages.md differs from src/pages: run with UPDATE_DOCS=1 cargo test --test pages"
        );
    }
}
