import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { describedPackages, exactName, packageLines, parseUris } from '../../image/archive/package.ts';
import { readBoard } from '../../image/board.ts';
import { imagerEntry, imagerList } from '../../image/outputs/imager.ts';
import { checkSizes, tightened } from '../../image/outputs/sizes.ts';
import { spdxOf } from '../../image/outputs/spdx.ts';
import { Cache, type Stage } from '../../image/stage.ts';

const IMAGE = join(import.meta.dirname, '../../image');
const SHA = 'ab'.repeat(32);
const STANZAS = `Package: dosfstools
Source: dosfs (4.1)
Version: 4.2-1
Architecture: arm64
SHA256: ${SHA}
Filename: pool/d/dosfstools_4.2-1_arm64.deb

Package: wpasupplicant
Version: 2:2.10-24
Architecture: arm64
SHA256: ${'cd'.repeat(32)}
Description: something
 SHA256: ${'00'.repeat(32)}
`;
const URIS = `'http://x.example/w' wpasupplicant_2%3a2.10-24_arm64.deb 1312000 MD5Sum:00
'http://x.example/d' dosfstools_4.2-1_arm64.deb 97000 SHA256:${SHA}

NOTE: this is not a package
`;

t.test('what apt would take is put together with what its lists say', async (t) => {
  const packages = describedPackages(parseUris(URIS), STANZAS);
  t.same(packages.map(exactName), ['dosfstools:arm64=4.2-1', 'wpasupplicant:arm64=2:2.10-24']);
  t.equal(packages[0]?.sha256, SHA);
  t.equal(packages[1]?.sha256, 'cd'.repeat(32));
  t.equal(packageLines(packages).split('\n')[0], `dosfstools 4.2-1 arm64 ${SHA}`);
  t.throws(() => describedPackages(['other_1_all.deb'], STANZAS), { code: 'archive_unreadable' });
});

t.test('the bill of materials names every package once, by an address', async (t) => {
  const debian = describedPackages(parseUris(URIS), STANZAS);
  const npm = [{ name: '@ipld/dag-cbor', version: '10.0.2', licence: 'MIT' }];
  const bill = { name: 'blockmesh-rpi', version: '1.0.0', epochS: 1_700_000_000, release: 'trixie', debian, npm };
  const text = spdxOf(bill);
  t.equal(text, spdxOf(bill), 'the same image, the same bytes');
  const document = JSON.parse(text) as {
    spdxVersion: string;
    creationInfo: { created: string };
    packages: { SPDXID: string; licenseDeclared: string; externalRefs: { referenceLocator: string }[] }[];
    relationships: { relationshipType: string; relatedSpdxElement: string }[];
  };
  t.equal(document.spdxVersion, 'SPDX-2.3');
  t.equal(document.creationInfo.created, '2023-11-14T22:13:20Z');
  const ids = document.packages.map((one) => one.SPDXID);
  t.equal(new Set(ids).size, 4);
  t.ok(ids.every((id) => /^SPDXRef-[A-Za-z0-9.-]+$/.test(id)));
  const contained = document.relationships.filter((one) => one.relationshipType === 'CONTAINS');
  t.same(
    contained.map((one) => one.relatedSpdxElement),
    ids.slice(1),
  );
  const addresses = document.packages.map((one) => one.externalRefs[0]?.referenceLocator);
  t.ok(addresses.includes('pkg:deb/debian/dosfstools@4.2-1?arch=arm64&distro=trixie&upstream=dosfs'));
  t.ok(addresses.includes('pkg:deb/debian/wpasupplicant@2%3A2.10-24?arch=arm64&distro=trixie&upstream=wpasupplicant'));
  t.ok(addresses.includes('pkg:npm/%40ipld/dag-cbor@10.0.2'));
  t.equal(document.packages.at(-1)?.licenseDeclared, 'MIT');
});

t.test('the Imager is told what it has to know', async (t) => {
  const board = await readBoard(IMAGE, 'rpi');
  const [packedSha256, sha256] = ['11'.repeat(32), '22'.repeat(32)];
  const image = { version: '1.0.0', epochS: 1_700_000_000, url: 'rpi-1.0.0.img.zst', packedBytes: 1, bytes: 2 };
  const entry = imagerEntry({ ...image, board, packedSha256, sha256 });
  t.match(entry, {
    url: 'rpi-1.0.0.img.zst',
    extract_size: 2,
    extract_sha256: sha256,
    image_download_size: 1,
    image_download_sha256: packedSha256,
    release_date: '2023-11-14',
    init_format: 'cloudinit',
  });
  t.same(JSON.parse(imagerList([entry])), { os_list: [entry] });
});

const SIZES = { packedBytes: 100e6, slotUsedBytes: 300e6, writtenBytes: 330e6, initramfsBytes: 1.5e6 };

t.test('an image may not grow unseen', async (t) => {
  const caps = tightened('rpi', SIZES, {});
  t.ok((caps.rpi?.packedBytes ?? 0) > SIZES.packedBytes && (caps.rpi?.packedBytes ?? 0) < 1.04 * SIZES.packedBytes);
  checkSizes('rpi', SIZES, caps);
  checkSizes('other', SIZES, caps);
  const grown = { ...SIZES, slotUsedBytes: 320e6 };
  t.throws(() => checkSizes('rpi', grown, caps), { code: 'image_too_large', fields: { grown: 'slotUsedBytes' } });
  t.same(tightened('rpi', grown, caps), caps, 'a cap never rises by itself');
  const shrunk = tightened('rpi', { ...SIZES, packedBytes: 50e6 }, caps);
  t.ok((shrunk.rpi?.packedBytes ?? 0) < 53e6);
  t.same(Object.keys(tightened('beaglebone', SIZES, caps)), ['beaglebone', 'rpi']);
});

t.test('a stage is made once for the same inputs, and never by half', async (t) => {
  const folder = t.testdir();
  const said: string[] = [];
  const cache = new Cache(folder, {
    say: () => {},
    reuse: (stage) => said.push(`${stage} reused`),
    during: async (stage, _key, work) => {
      said.push(`${stage} made`);
      await work(() => {});
    },
  });
  const stage = (input: string, isFailing = false): Stage => ({
    name: 'base',
    inputs: [input],
    make: async (result) => {
      writeFileSync(join(result, 'file'), input);
      if (isFailing) throw new Error('no more power');
    },
  });
  await t.rejects(cache.run(stage('one', true)), { message: 'no more power' });
  const made = await cache.run(stage('one'));
  t.same(readdirSync(made.folder), ['file']);
  t.same(await cache.run(stage('one')), made);
  t.not((await cache.run(stage('two'))).key, made.key);
  t.same(said, ['base made', 'base made', 'base reused', 'base made']);
  mkdirSync(join(folder, 'base-of-another-name'));
  for (const input of ['3', '4', '5']) await cache.run(stage(input));
  const kept = readdirSync(folder).filter((name) => /^base-[0-9a-f]{16}$/.test(name));
  t.equal(kept.length, 4, 'the results that were used longest ago are gone');
  t.ok(readdirSync(folder).includes('base-of-another-name'));
});
