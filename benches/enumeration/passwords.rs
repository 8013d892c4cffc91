//! Passwords alone, without a store: whether a wrong one takes longer where something is kept.

use std::time::Instant;

use invoice_auth::{Argon2Params, Password, PasswordScheme, Passwords};

use crate::times::Times;

/// Deployments by the hashes that they keep, the present scheme first, and by those that they were told to expect.
fn deployments() -> [(&'static str, Vec<PasswordScheme>, Vec<PasswordScheme>); 5] {
    let argon2 = PasswordScheme::Argon2id(Argon2Params::cheap());
    let earlier = Argon2Params::new(7 << 10, 5, 1).expect("costs that are allowed");
    let (earlier, bcrypt) = (PasswordScheme::Argon2id(earlier), PasswordScheme::Bcrypt(4));
    [
        ("argon2", vec![argon2], vec![]),
        ("bcrypt", vec![bcrypt], vec![]),
        ("both, expected", vec![argon2, bcrypt], vec![bcrypt]),
        ("both, only seen", vec![argon2, bcrypt], vec![]),
        ("three, only seen", vec![bcrypt, argon2, earlier], vec![]),
    ]
}

/// Prints a line for each deployment; whether none of them tells.
pub(crate) async fn are_fair(each: usize) -> bool {
    let mut fair = true;
    for (name, rows, expected) in deployments() {
        let times = measured(&rows, &expected, each).await;
        fair &= times.print(&format!("passwords, {name}"));
    }
    fair
}

async fn measured(rows: &[PasswordScheme], expected: &[PasswordScheme], each: usize) -> Times {
    let present = *rows.first().expect("a scheme");
    let passwords = Passwords::new(present, 2).and_then(|new| new.expecting(expected)).expect("schemes");
    let mut kept = Vec::new();
    for scheme in rows {
        let right = Password::new("correct horse battery staple").expect("a password");
        kept.push(Passwords::new(*scheme, 1).expect("a scheme").hash(&right).await.expect("a hash"));
    }
    let mut times = Times::default();
    for round in 0..each {
        let wrong = Password::new(format!("wrong {round}")).expect("a password");
        let row = kept.get(round % kept.len());
        for row in if round % 4 < 2 { [row, None] } else { [None, row] } {
            let began = Instant::now();
            assert!(!passwords.verify(row, &wrong).await.expect("a verdict").matches);
            times.add(row.is_some(), began.elapsed());
        }
    }
    times
}
