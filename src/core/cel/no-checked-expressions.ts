/**
 * In place of the descriptors of type-checked expressions, which `@bufbuild/cel` loads to tell those apart, and which
 * nobody makes here: `wrangler.toml` names it under `alias`. Their name is all that is looked at.
 */
export const CheckedExprSchema = { typeName: 'cel.expr.CheckedExpr' }
