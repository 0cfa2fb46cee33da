//! Every target over its seeds, and over every input that once was trouble.

use std::path::Path;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn no_input_of_the_corpus_breaks_its_target() {
    for target in quash_fuzz::TARGETS {
        let inputs: Vec<_> = (target.seeds)().into_iter().chain(corpus(target.name)).collect();
        assert!(inputs.len() > 3, "`{}` has nothing to run over", target.name);
        for input in &inputs {
            (target.run)(input);
        }
        // Cut short and with one byte changed: what an engine tries first.
        for input in &inputs {
            for cut in [input.len() / 2, input.len().saturating_sub(1)] {
                (target.run)(&input[..cut]);
            }
            for place in (0..input.len()).step_by(input.len().div_ceil(8).max(1)) {
                let mut changed = input.clone();
                changed[place] ^= 0x20;
                (target.run)(&changed);
            }
        }
    }
}
