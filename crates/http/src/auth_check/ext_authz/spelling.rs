//! The other names that a header can arrive under: much that stands behind a gateway reads `_` as `-`.

/// Up to so many dashes every mixture is listed; a longer name would have too many of them.
const MOST_DASHES: usize = 6;

/// `name` with `_` in the place of some or all of its dashes, every way but the one without any.
pub(super) fn others(name: &str) -> Vec<String> {
    let dashes = name.matches('-').count();
    if dashes > MOST_DASHES {
        return vec![name.replace('-', "_")];
    }
    (1..1_u32 << dashes).map(|which| spelled(name, which)).collect()
}

/// Dash number `n` becomes `_` where bit `n` of `which` is set.
fn spelled(name: &str, mut which: u32) -> String {
    let letter = |letter| {
        if letter != '-' {
            return letter;
        }
        let replaced = which & 1 == 1;
        which >>= 1;
        if replaced { '_' } else { '-' }
    };
    name.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mixture_of_dashes_and_underscores_is_another_name() {
        // attack row 30
        assert_eq!(others("x-auth-subject"), ["x_auth-subject", "x-auth_subject", "x_auth_subject"]);
        assert_eq!(others("x-user"), ["x_user"]);
        assert!(others("user").is_empty());
        assert_eq!(others("a-b-c-d-e-f-g").len(), 63);
        assert_eq!(others("a-b-c-d-e-f-g-h"), ["a_b_c_d_e_f_g_h"]);
    }
}
