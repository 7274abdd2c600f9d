import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import t from 'tap';
import { concat, equalBytes, fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { isAcceptableKey, signingKey, Verifier } from '../../src/format/ed25519.ts';

const { Point } = ed25519;
type CurvePoint = ReturnType<typeof Point.fromBytes>;
const L = Point.Fn.ORDER;
const P = Point.Fp.ORDER;
const TORSION = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex));

function littleEndian(value: bigint): Uint8Array {
  return fromHex(value.toString(16).padStart(64, '0')).reverse();
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${toHex(new Uint8Array(bytes).reverse())}`);
}

/** An encoding of (y, sign of x) that does not ask whether it is canonical or a point at all. */
function encoding(y: bigint, sign: 0 | 1): Uint8Array {
  return littleEndian(y | (BigInt(sign) << 255n));
}

/** SHA-512(R ‖ A ‖ M) mod L, reduced before it multiplies: for keys with a torsion part the result hangs on that. */
function challenge(r: Uint8Array, a: Uint8Array, message: Uint8Array): bigint {
  return fromLittleEndian(createHash('sha512').update(r).update(a).update(message).digest()) % L;
}

/** S < L, canonical A and R, A not of small order, encode(sB − hA) = R: in point arithmetic, apart from our code. */
function cofactorless(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (key.length !== 32 || signature.length !== 64) return false;
  const s = fromLittleEndian(signature.subarray(32));
  if (s >= L) return false;
  let a: CurvePoint;
  try {
    a = Point.fromBytes(key, false);
  } catch {
    return false;
  }
  if (!equalBytes(a.toBytes(), key) || a.isSmallOrder()) return false;
  const r = signature.subarray(0, 32);
  const h = challenge(r, key, message);
  const computed = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(h));
  return equalBytes(computed.toBytes(), r);
}

/** The same without R of small order, which OpenSSL refuses and the equation alone does not. */
function reference(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (!cofactorless(key, message, signature)) return false;
  return !Point.fromBytes(signature.subarray(0, 32)).isSmallOrder();
}

/** The cofactored rule with lenient encodings (ZIP 215): what a verifier of another kind would say. */
function lenient(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return ed25519.verify(signature, message, key, { zip215: true });
}

function strict(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return new Verifier(4).verify(key, message, signature);
}

interface Forged {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** S = r + h·secret over chosen encodings of R and A: the cofactored equation holds whatever torsion they carry. */
function forge(secret: bigint, nonce: bigint, key: Uint8Array, r: Uint8Array, message: Uint8Array): Forged {
  const s = (nonce + challenge(r, key, message) * secret) % L;
  return { key, message, signature: concat(r, littleEndian(s)) };
}

function torsioned(scalar: bigint, torsion: number): CurvePoint {
  return Point.BASE.multiplyUnsafe(scalar).add(TORSION[torsion] ?? Point.ZERO);
}

/** Every encoding, canonical or not and with either sign, of the points whose order divides 8. */
function smallOrderEncodings(): readonly string[] {
  const found = new Set<string>();
  for (const point of TORSION) {
    for (const y of [point.y, point.y + P]) {
      if (y < 1n << 255n) for (const sign of [0, 1] as const) found.add(toHex(encoding(y, sign)));
    }
  }
  return [...found];
}

t.test('RFC 8032 §7.1', async (t) => {
  const vectors = [
    {
      name: 'TEST 1',
      seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      message: '',
      signature:
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    },
    {
      name: 'TEST 2',
      seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      message: '72',
      signature:
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    },
    {
      name: 'TEST 3',
      seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      message: 'af82',
      signature:
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    },
    {
      name: 'TEST 1024',
      seed: 'f5e5767cf153319517630f226876b86c8160cc583bc013744c6bf255f5cc0ee5',
      key: '278117fc144c72340f67d0f2316e8386ceffbf2b2428c9c51fef7c597f1d426e',
      // Wycheproof carries the same 1,023 bytes; the signature below, from the RFC, pins them.
      message: wycheproof().find((vector) => vector.tcId === 83)?.msg ?? 'absent',
      signature:
        '0aab4c900501b3e24d7cdf4663326a3a87df5e4843b2cbdb67cbf6e460fec350aa5371b1508f9f4528ecea23c436d94b5e8fcd4f681e30a6ac00a9704a188a03',
    },
    {
      name: 'TEST SHA(abc)',
      seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
      key: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
      message: toHex(createHash('sha512').update('abc').digest()),
      signature:
        'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
    },
  ];
  const verifier = new Verifier(8);
  for (const { name, seed, key, message, signature } of vectors) {
    const own = signingKey(fromHex(seed));
    t.equal(toHex(own.publicKey), key, `${name}: key`);
    t.equal(toHex(own.sign(fromHex(message))), signature, `${name}: signature`);
    t.ok(verifier.verify(fromHex(key), fromHex(message), fromHex(signature)), `${name}: verifies`);
    t.notOk(verifier.verify(fromHex(key), fromHex(`${message}00`), fromHex(signature)), `${name}: longer message`);
  }
});

interface WycheproofTest {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: string;
  readonly key: string;
}

/** A missing file throws, and so fails the test that asked. */
function wycheproof(): readonly WycheproofTest[] {
  const file = new URL('../vectors/wycheproof-ed25519.json', import.meta.url);
  const { testGroups } = JSON.parse(readFileSync(file, 'utf8')) as {
    testGroups: { publicKey: { pk: string }; tests: Omit<WycheproofTest, 'key'>[] }[];
  };
  return testGroups.flatMap((group) => group.tests.map((test) => ({ ...test, key: group.publicKey.pk })));
}

t.test('Wycheproof: all 151', async (t) => {
  const vectors = wycheproof();
  t.equal(vectors.length, 151);
  t.equal(new Set(vectors.map(({ tcId }) => tcId)).size, 151, 'each tcId once');
  t.equal(vectors.filter(({ result }) => result === 'valid').length, 88);
  const verifier = new Verifier(16);
  for (const { tcId, comment, key, msg, sig, result } of vectors) {
    const arguments_ = [fromHex(key), fromHex(msg), fromHex(sig)] as const;
    t.equal(verifier.verify(...arguments_), result === 'valid', `tcId ${tcId}: ${comment}`);
    t.equal(await verifier.verifyAside(...arguments_), result === 'valid', `tcId ${tcId}, on another thread`);
    t.equal(reference(...arguments_), result === 'valid', `tcId ${tcId}: our reference of the rule agrees`);
  }
});

t.test('keys of small order, in every encoding, with signatures that lenient verifiers accept', async (t) => {
  t.equal(TORSION.length, 8);
  t.ok(TORSION.every((point) => point.isSmallOrder()));
  t.equal(new Set(TORSION.map((point) => toHex(point.toBytes()))).size, 8, 'eight different points');
  const encodings = smallOrderEncodings();
  t.equal(encodings.length, 14, 'five y with two signs, and 0 and 1 also as p and p + 1');
  for (const hex of encodings) {
    const key = fromHex(hex);
    t.notOk(isAcceptableKey(key), `${hex} is refused`);
    const point = Point.fromBytes(key, true);
    const r = Point.BASE.multiplyUnsafe(7n).toBytes();
    const any = forge(0n, 7n, key, r, utf8('any message at all'));
    t.ok(lenient(any.key, any.message, any.signature), `${hex}: a lenient verifier accepts`);
    t.notOk(strict(any.key, any.message, any.signature), `${hex}: ours refuses`);
    // With h ≡ 0 mod 8 even the byte comparison of R holds: only the check of the key stands in the way.
    const message = firstMessage((candidate) => challenge(r, key, candidate) % 8n === 0n);
    const exact = forge(0n, 7n, key, r, message);
    t.ok(point.multiplyUnsafe(challenge(r, key, message)).is0(), 'hA vanishes');
    t.notOk(strict(exact.key, exact.message, exact.signature), `${hex}: ours refuses where sB − hA is R`);
  }
});

function firstMessage(wanted: (message: Uint8Array) => boolean): Uint8Array {
  for (let count = 0; count < 10_000; count += 1) {
    const message = utf8(`message ${count}`);
    if (wanted(message)) return message;
  }
  throw new Error('no message found');
}

t.test('isAcceptableKey refuses the small-order and the non-canonical encodings and no other', async (t) => {
  const small = new Set(smallOrderEncodings());
  const check = (y: bigint, sign: 0 | 1): void => {
    const key = encoding(y, sign);
    const wanted = y < P && !small.has(toHex(key));
    if (isAcceptableKey(key) !== wanted) t.fail(`y = ${y}, sign ${sign}: wanted ${wanted}`);
  };
  const near = Array.from({ length: 1_000 }, (_, index) => BigInt(index));
  const smallY = TORSION.map((point) => point.y);
  const edges = [
    ...near,
    ...near.map((step) => P - 1n - step),
    ...smallY.flatMap((y) => [y + 1n, y > 0n ? y - 1n : y]),
  ];
  for (let y = P; y < 1n << 255n; y += 1n) edges.push(y);
  for (const y of edges) for (const sign of [0, 1] as const) check(y, sign);
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 255n) - 1n }), fc.constantFrom<0 | 1>(0, 1), (y, sign) =>
      check(y, sign),
    ),
  );
  for (let y = P; y < 1n << 255n; y += 1n) {
    t.notOk(isAcceptableKey(encoding(y, 0)) || isAcceptableKey(encoding(y, 1)), `non-canonical y = p + ${y - P}`);
  }
  for (const length of [0, 1, 31, 33, 64]) t.notOk(isAcceptableKey(new Uint8Array(length).fill(9)), `${length} bytes`);
});

t.test('non-canonical encodings of A and R', async (t) => {
  // Points with y below 19 that have a second encoding and are not of small order.
  const seconds = Array.from({ length: 19 }, (_, index) => BigInt(index)).filter((y) => {
    try {
      return !Point.fromBytes(encoding(y, 0)).isSmallOrder();
    } catch {
      return false;
    }
  });
  t.ok(seconds.length >= 5, `${seconds.length} such points`);
  for (const y of seconds) {
    t.ok(isAcceptableKey(encoding(y, 0)), `y = ${y} is a key`);
    t.notOk(isAcceptableKey(encoding(y + P, 0)), `y = p + ${y} is not`);
    t.doesNotThrow(() => Point.fromBytes(encoding(y + P, 0), true), 'a lenient decoder takes it for the same point');
  }
  // The neutral element as R, in the encodings it has beside its own: S = h·a.
  const secret = 123_456_789n;
  const key = torsioned(secret, 0).toBytes();
  for (const r of [encoding(1n, 1), encoding(P + 1n, 0), encoding(P + 1n, 1)]) {
    const forged = forge(secret, 0n, key, r, utf8('a nonce of zero'));
    t.ok(lenient(forged.key, forged.message, forged.signature), `a lenient verifier accepts R = ${toHex(r)}`);
    t.notOk(strict(forged.key, forged.message, forged.signature), 'ours refuses');
  }
});

t.test('R of small order is refused even where the equation holds', async (t) => {
  const secret = 123_456_789n;
  for (const [keyTorsion, wanted] of TORSION.flatMap((point) => [[0, point] as const, [1, point] as const])) {
    // Without torsion in the key only the neutral element can be R.
    if (keyTorsion === 0 && !wanted.is0()) continue;
    const key = torsioned(secret, keyTorsion).toBytes();
    const r = wanted.toBytes();
    const torsion = TORSION[keyTorsion] ?? Point.ZERO;
    const message = firstMessage((candidate) =>
      torsion
        .multiplyUnsafe(challenge(r, key, candidate))
        .add(wanted)
        .is0(),
    );
    const forged = forge(secret, 0n, key, r, message);
    t.ok(cofactorless(forged.key, forged.message, forged.signature), `the equation holds for R = ${toHex(r)}`);
    t.notOk(strict(forged.key, forged.message, forged.signature), 'ours refuses');
  }
});

t.test('S of L and above', async (t) => {
  const key = signingKey(new Uint8Array(32).fill(5));
  const message = utf8('malleable');
  const signature = key.sign(message);
  t.ok(strict(key.publicKey, message, signature));
  const s = fromLittleEndian(signature.subarray(32));
  let tried = 0;
  for (let other = s + L; other < 1n << 256n; other += L) {
    tried += 1;
    t.notOk(strict(key.publicKey, message, concat(signature.subarray(0, 32), littleEndian(other))), `S + ${tried}L`);
  }
  t.ok(tried >= 14);
  for (const value of [L, L + 1n, 2n ** 255n, 2n ** 256n - 1n]) {
    t.notOk(strict(key.publicKey, message, concat(signature.subarray(0, 32), littleEndian(value))), `S = ${value}`);
  }
});

t.test('a torsion R: the cofactored equation holds, ours does not', async (t) => {
  const secret = 987_654_321n;
  const nonce = 1_234_567n;
  const key = torsioned(secret, 0).toBytes();
  for (let torsion = 1; torsion < 8; torsion += 1) {
    const forged = forge(secret, nonce, key, torsioned(nonce, torsion).toBytes(), utf8(`torsion ${torsion}`));
    t.ok(lenient(forged.key, forged.message, forged.signature), `torsion ${torsion}: a cofactored verifier accepts`);
    t.notOk(reference(forged.key, forged.message, forged.signature));
    t.notOk(strict(forged.key, forged.message, forged.signature), 'ours refuses');
  }
  const plain = forge(secret, nonce, key, torsioned(nonce, 0).toBytes(), utf8('torsion 0'));
  t.ok(strict(plain.key, plain.message, plain.signature), 'and the same without torsion is accepted');
});

const scalar = fc.bigInt({ min: 1n, max: L - 1n });
const eighth = fc.integer({ min: 0, max: 7 });

t.test('a torsion A: accepted exactly where sB − hA is R byte for byte', async (t) => {
  const counts = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(
      scalar,
      scalar,
      eighth,
      eighth,
      fc.uint8Array({ maxLength: 40 }),
      (secret, nonce, keyT, nonceT, message) => {
        const key = torsioned(secret, keyT).toBytes();
        const forged = forge(secret, nonce, key, torsioned(nonce, nonceT).toBytes(), message);
        const wanted = reference(forged.key, forged.message, forged.signature);
        counts[wanted ? 'accepted' : 'refused'] += 1;
        if (!lenient(forged.key, forged.message, forged.signature)) return false;
        return strict(forged.key, forged.message, forged.signature) === wanted;
      },
    ),
    { numRuns: 300 },
  );
  t.ok(counts.accepted >= 15 && counts.refused >= 100, `both happen: ${JSON.stringify(counts)}`);
  // One of each for the generator of the torsion group, whatever the seed above.
  const key = torsioned(77n, 1).toBytes();
  const r = torsioned(99n, 0).toBytes();
  for (const wanted of [true, false]) {
    const message = firstMessage((candidate) => (challenge(r, key, candidate) % 8n === 0n) === wanted);
    const forged = forge(77n, 99n, key, r, message);
    t.equal(reference(forged.key, forged.message, forged.signature), wanted);
    t.equal(strict(forged.key, forged.message, forged.signature), wanted, `mixed order, h·T ${wanted ? '=' : '≠'} 0`);
  }
});

t.test('property: ours is the reference, on honest, damaged and random input', async (t) => {
  const counts = { accepted: 0, refused: 0 };
  const agree = (key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean => {
    const wanted = reference(key, message, signature);
    counts[wanted ? 'accepted' : 'refused'] += 1;
    return strict(key, message, signature) === wanted;
  };
  const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
  const honest = fc.tuple(bytes(32), fc.uint8Array({ maxLength: 100 })).map(([seed, message]) => {
    const key = signingKey(seed);
    return { key: key.publicKey, message, signature: key.sign(message) };
  });
  const flip = (source: Uint8Array, bit: number): Uint8Array => {
    const copy = new Uint8Array(source);
    const at = (bit >> 3) % copy.length;
    copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7));
    return copy;
  };
  fc.assert(
    fc.property(honest, fc.nat(511), fc.nat(255), ({ key, message, signature }, bit, keyBit) => {
      const whole = agree(key, message, signature) && strict(key, message, signature);
      return (
        whole &&
        agree(key, message, flip(signature, bit)) &&
        agree(flip(key, keyBit), message, signature) &&
        agree(key, concat(message, new Uint8Array(1)), signature)
      );
    }),
    { numRuns: 100 },
  );
  fc.assert(fc.property(bytes(32), fc.uint8Array({ maxLength: 20 }), bytes(64), agree), { numRuns: 200 });
  // Keys and R from the odd encodings, S small, zero or honest: the cases that verifiers disagree about.
  const odd = fc.constantFrom(
    ...smallOrderEncodings(),
    ...Array.from({ length: 19 }, (_, k) => toHex(encoding(P + BigInt(k), 0))),
  );
  fc.assert(
    fc.property(odd, odd, fc.constantFrom(0n, 1n, L - 1n, L, L + 1n), bytes(8), (key, r, s, message) =>
      agree(fromHex(key), message, concat(fromHex(r), littleEndian(s))),
    ),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(scalar, odd, bytes(8), (secret, r, message) => {
      const forged = forge(secret, 0n, torsioned(secret, 0).toBytes(), fromHex(r), message);
      return agree(forged.key, forged.message, forged.signature);
    }),
    { numRuns: 200 },
  );
  t.ok(counts.accepted >= 100 && counts.refused >= 500, JSON.stringify(counts));
});

t.test('lengths and keys that are no point are false, never thrown', async (t) => {
  const key = signingKey(new Uint8Array(32));
  const message = utf8('m');
  const signature = key.sign(message);
  const verifier = new Verifier(8);
  for (const length of [0, 1, 31, 33, 63, 64, 65, 1_000]) {
    if (length !== 64)
      t.notOk(verifier.verify(key.publicKey, message, new Uint8Array(length)), `signature of ${length}`);
    t.notOk(verifier.verify(new Uint8Array(length), message, signature), `key of ${length}`);
    t.notOk(await verifier.verifyAside(new Uint8Array(length), message, signature), `key of ${length}, aside`);
  }
  t.notOk(verifier.verify(key.publicKey, message, concat(signature, new Uint8Array(1))));
  t.notOk(verifier.verify(concat(key.publicKey, new Uint8Array(1)), message, signature));
  let offCurve = 0;
  for (let y = 2n; offCurve < 50; y += 1n) {
    const raw = encoding(y, 0);
    try {
      Point.fromBytes(raw);
    } catch {
      offCurve += 1;
      t.notOk(verifier.verify(raw, message, signature), `y = ${y} is no point`);
    }
  }
  for (const length of [0, 31, 33]) t.throws(() => signingKey(new Uint8Array(length)), { name: 'AssertionFailure' });
});

/** The cache is private; the debugger's protocol shows it as it is, without a door made for the test. */
function cacheOf(verifier: Verifier): readonly (readonly [key: string, isRefused: boolean])[] {
  const session = new Session();
  session.connect();
  const holder = globalThis as { verifierUnderTest?: Verifier };
  holder.verifierUnderTest = verifier;
  let entries: readonly (readonly [string, boolean])[] | undefined;
  session.post('Runtime.evaluate', { expression: 'verifierUnderTest' }, (_, { result }) => {
    session.post('Runtime.getProperties', { objectId: result.objectId ?? '', ownProperties: true }, (_, found) => {
      const { privateProperties } = found as unknown as {
        privateProperties: { name: string; value: { objectId: string } }[];
      };
      const keys = privateProperties.find(({ name }) => name === '#keys');
      const functionDeclaration = 'function () { return [...this].map(([key, value]) => [key, value === null]); }';
      const call = { functionDeclaration, objectId: keys?.value.objectId ?? '', returnByValue: true };
      session.post('Runtime.callFunctionOn', call, (_, returned) => {
        entries = (returned as { result: { value: typeof entries } }).result.value;
      });
    });
  });
  delete holder.verifierUnderTest;
  session.disconnect();
  if (entries === undefined) throw new Error('the cache was not found');
  return entries;
}

t.test('the key cache is bounded, remembers refusals, and changes no result', async (t) => {
  const message = utf8('m');
  const keys = Array.from({ length: 40 }, (_, index) => signingKey(new Uint8Array(32).fill(index)));
  const signatures = keys.map((key) => key.sign(message));
  const verifier = new Verifier(4);
  t.strictSame(cacheOf(verifier), [], 'empty at first');
  for (let round = 0; round < 3; round += 1) {
    keys.forEach((key, index) => {
      const signature = signatures[index] ?? new Uint8Array();
      const other = signatures[(index + 1) % 40] ?? new Uint8Array();
      t.ok(verifier.verify(key.publicKey, message, signature), `round ${round}, key ${index}`);
      t.notOk(verifier.verify(key.publicKey, message, other), 'a signature by another key');
      if (cacheOf(verifier).length > 4) t.fail('over the cap');
    });
  }
  const name = (index: number): string => toHex(keys[index]?.publicKey ?? new Uint8Array());
  const names = (): readonly string[] => cacheOf(verifier).map(([key]) => key);
  t.strictSame(names(), [36, 37, 38, 39].map(name), 'the last four');
  verifier.verify(fromHex(name(36)), message, signatures[36] ?? new Uint8Array());
  t.strictSame(names(), [37, 38, 39, 36].map(name), 'use makes a key young');

  const small = fromHex(smallOrderEncodings()[0] ?? '');
  const forged = forge(0n, 7n, small, Point.BASE.multiplyUnsafe(7n).toBytes(), message);
  for (let round = 0; round < 3; round += 1)
    t.notOk(verifier.verify(small, message, forged.signature), 'refused again');
  t.strictSame(cacheOf(verifier).at(-1), [toHex(small), true], 'kept as refused');
  t.strictSame(names(), [...[38, 39, 36].map(name), toHex(small)], 'the longest unused one left');
  for (let index = 0; index < 200; index += 1)
    verifier.verify(encoding(P + BigInt(index % 19), 0), message, forged.signature);
  t.equal(cacheOf(verifier).length, 4, 'a flood of bad keys stays within the cap');
  t.ok(
    verifier.verify(fromHex(name(36)), message, signatures[36] ?? new Uint8Array()),
    'a key that was pushed out still verifies',
  );
});
