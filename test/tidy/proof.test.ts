import t from 'tap';
import { CODE_PROOFS } from './code-proofs.ts';
import type { Rule } from './finding.ts';
import { IMPORT_PROOFS } from './import-proofs.ts';
import { findingsOf, type Proof, unreasoned } from './proof.ts';
import { PURITY_PROOFS } from './purity-proofs.ts';
import { TEXT_PROOFS } from './text-proofs.ts';

/** By its type this holds every rule: one without a proof does not compile. */
const PROOFS: Readonly<Record<Rule, readonly Proof[]>> = {
  ...IMPORT_PROOFS,
  ...PURITY_PROOFS,
  ...CODE_PROOFS,
  ...TEXT_PROOFS,
};

for (const rule of Object.keys(PROOFS) as Rule[]) {
  t.test(rule, async (t) => {
    for (const proof of PROOFS[rule]) t.strictSame(findingsOf(rule, proof), proof.says, proof.shows);
    t.ok(
      PROOFS[rule].some((proof) => proof.says.length > 0),
      'a house that breaks the rule',
    );
    t.ok(
      PROOFS[rule].some((proof) => proof.says.length === 0),
      'a good neighbour',
    );
  });
}

t.test('every allowance gives its reason', async (t) => {
  t.strictSame(unreasoned(), []);
});
