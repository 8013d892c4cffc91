//! Dividing an amount without losing a unit.

/// Shares of `total` in the proportion of `weights`: each rounded toward zero, then the units still
/// missing go one each to the largest remainders, the earlier share first on a tie.
///
/// A negative total gives the mirrored shares. `None` without a positive weight. Magnitudes: the total
/// below 10^18, each weight below 2^64, so that products fit.
pub(crate) fn by_largest_remainder(total: i64, weights: &[u64]) -> Option<Vec<i64>> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    let magnitude = u128::from(total.unsigned_abs());
    let mut shares = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut missing = total.unsigned_abs();
    for (index, weight) in weights.iter().enumerate() {
        let product = magnitude * u128::from(*weight);
        let share = u64::try_from(product.checked_div(sum)?).ok()?;
        remainders.push((product - u128::from(share) * sum, index));
        shares.push(share);
        missing = missing.checked_sub(share)?;
    }
    if missing > 0 {
        remainders.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let count = usize::try_from(missing).ok()?;
        for (_, index) in remainders.get(..count)? {
            *shares.get_mut(*index)? += 1;
        }
    }
    shares.into_iter().map(|share| Some(total.signum() * i64::try_from(share).ok()?)).collect()
}

/// Gives the units still missing to `total` to the largest rests in that direction, the earlier share first on a tie.
///
/// Each share was cut toward zero, and its rest has the sign of what was cut off.
pub(crate) fn level<R: Ord>(shares: &mut [(i64, R)], total: i64) {
    let missing = i128::from(total) - shares.iter().map(|(units, _)| i128::from(*units)).sum::<i128>();
    if missing == 0 {
        return;
    }
    let mut order: Vec<usize> = (0..shares.len()).collect();
    // A stable sort keeps the earlier share first.
    order.sort_by(|a, b| {
        let (a, b) = (shares.get(*a).map(|(_, rest)| rest), shares.get(*b).map(|(_, rest)| rest));
        if missing > 0 { b.cmp(&a) } else { a.cmp(&b) }
    });
    let count = usize::try_from(missing.unsigned_abs()).unwrap_or(usize::MAX);
    let step = if missing > 0 { 1 } else { -1 };
    // About one unit a share can be missing; the cycle only guards the ends.
    for place in order.iter().cycle().take(count) {
        if let Some((units, _)) = shares.get_mut(*place) {
            *units += step;
        }
    }
}
