//! What the catalogue shows of the configuration is what a server reads.

use std::path::PathBuf;

use quash_server::config::Config;
use quash_server::config::sources::{File, Sources};

#[test]
fn every_configuration_in_the_catalogue_is_read_without_a_problem() {
    let catalogue = include_str!("../../../../docs/schemes.md");
    let snippets = catalogue.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut count = 0;
    for text in snippets {
        let file = File { name: "schemes.md".to_owned(), directory: PathBuf::new(), text: text.to_owned() };
        let sources = Sources { file: Some(file), dev: true, ..Sources::default() };
        if let Err(problems) = Config::load(sources) {
            panic!("{problems}\n{text}");
        }
        count += 1;
    }
    assert!(count > 0);
}
