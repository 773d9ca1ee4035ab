//! Files without a problem. Notices are written in the file, as comments that begin with `# notice `.

use super::{Case, files};

#[test]
fn every_accepted_file_loads_with_the_notices_that_it_names() {
    for path in files("tests/config/accepted", "yaml") {
        let case = Case::read(&path);
        let (_, notices) = case.accepted();
        let firsts: Vec<&str> = notices.iter().filter_map(|notice| notice.lines().next()).collect();
        let named: Vec<&str> = case.text.lines().filter_map(|line| line.strip_prefix("# notice ")).collect();
        assert_eq!(firsts, named, "{}", path.display());
    }
}
