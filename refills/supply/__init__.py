"""Pure arithmetic of supply: fills, gaps, run-outs, rules, adherence."""
