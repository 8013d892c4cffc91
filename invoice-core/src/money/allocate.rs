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
