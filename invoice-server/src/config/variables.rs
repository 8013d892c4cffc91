//! Variables of the environment that mean nothing here, most likely for a slip of the pen.

/// What every setting's variable begins with.
const OURS: &str = "INVOICE_";
/// And that of what this workspace's tests and examples are told.
const TESTS: &str = "INVOICE_TEST_";
/// As like as a name with one or two letters wrong.
const NEAR: f64 = 0.85;

/// Tells which of these variables, each with its value, is no setting, and which setting may be meant.
pub(super) fn unknown<'a>(
    variables: impl IntoIterator<Item = (&'a str, &'a str)>,
    settings: &'static [&'static str],
) -> impl Iterator<Item = String> {
    let ours = variables.into_iter().filter(|(name, _)| name.starts_with(OURS) && !name.starts_with(TESTS));
    let names = ours.filter(|(name, value)| !is_of_a_cluster(name, value)).map(|(name, _)| name);
    names.filter(|name| !settings.contains(name)).map(move |name| match nearest(name, settings) {
        Some(near) => format!("{name}: there is no such setting; did you mean {near}?"),
        None => format!("{name}: there is no such setting"),
    })
}

/// Kubernetes tells every program of every service: of one that is called `invoice` by names such as
/// `INVOICE_SERVICE_HOST` and `INVOICE_PORT_80_TCP`. Its `INVOICE_PORT` is an address; a number would be somebody's who
/// wants another port.
fn is_of_a_cluster(name: &str, value: &str) -> bool {
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    name.contains("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || name.contains("_PORT_")
        || name.ends_with("_PORT") && is_address
}

fn nearest(name: &str, settings: &'static [&'static str]) -> Option<&'static str> {
    let likeness = |setting: &str| {
        let [name, setting] = [name, setting].map(|name| name.trim_start_matches(OURS));
        strsim::normalized_damerau_levenshtein(name, setting).max(strsim::jaro_winkler(name, setting))
    };
    let ranked = settings.iter().map(|setting| (likeness(setting), *setting));
    ranked
        .filter(|(likeness, _)| *likeness >= NEAR)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, near)| near)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &[&str] = &["INVOICE_DATABASE_URL", "INVOICE_LISTEN", "INVOICE_SMTP_URL"];

    fn told(names: &[&'static str]) -> Vec<String> {
        unknown(names.iter().map(|name| (*name, "80")), SETTINGS).collect()
    }

    #[test]
    fn a_slip_of_the_pen_is_told_with_what_may_be_meant() {
        assert_eq!(
            told(&["INVOICE_DATABSE_URL", "INVOICE_LISTEN", "PATH"]),
            ["INVOICE_DATABSE_URL: there is no such setting; did you mean INVOICE_DATABASE_URL?"]
        );
        assert_eq!(told(&["INVOICE_TEST_POSTGRES_URL"]), [""; 0]);
        assert_eq!(told(&["INVOICE_COLOUR"]), ["INVOICE_COLOUR: there is no such setting"]);
    }

    #[test]
    fn what_kubernetes_says_of_services_is_no_setting_of_ours() {
        assert!(told(&["INVOICE_SERVICE_HOST", "INVOICE_SERVER_PORT_80_TCP_ADDR"]).is_empty());
        for (value, is_told) in [("tcp://10.0.0.1:80", false), ("sctp://[::1]:80", false), ("9000", true)] {
            assert_eq!(unknown([("INVOICE_PORT", value)], SETTINGS).count(), usize::from(is_told), "{value}");
        }
    }
}
