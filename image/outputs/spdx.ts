import type { Package } from '../archive/package.ts';
import { sha256Of } from '../key.ts';

/** A package of npm that is inside our programs. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly licence?: string;
}

export interface BillOfMaterials {
  /** The image's name with board and version. */
  readonly name: string;
  readonly version: string;
  readonly epochS: number;
  /** Debian's release, which makes a package's name an address. */
  readonly release: string;
  readonly debian: readonly Package[];
  readonly npm: readonly NpmPackage[];
}

interface SpdxPackage {
  readonly SPDXID: string;
  readonly name: string;
  readonly versionInfo: string;
  readonly supplier: string;
  readonly downloadLocation: string;
  readonly filesAnalyzed: false;
  readonly licenseConcluded: string;
  readonly licenseDeclared: string;
  readonly copyrightText: string;
  readonly checksums?: readonly { readonly algorithm: 'SHA256'; readonly checksumValue: string }[];
  readonly externalRefs: readonly {
    readonly referenceCategory: 'PACKAGE-MANAGER';
    readonly referenceType: 'purl';
    readonly referenceLocator: string;
  }[];
}

const UNSAID = 'NOASSERTION';
const IMAGE_ID = 'SPDXRef-image';

/** What an image is made of, as SPDX 2.3 in JSON. The same image gives the same bytes. */
export function spdxOf(bill: BillOfMaterials): string {
  const { name, version, epochS, debian, npm, release } = bill;
  const packages = [...debian.map((one) => debianPackage(one, release)), ...npm.map(npmPackage)];
  const image = described(IMAGE_ID, name, version, 'Organization: blockmesh', `pkg:generic/${name}@${version}`);
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: `urn:blockmesh:${name}:${sha256Of(JSON.stringify(packages)).slice(0, 32)}`,
    creationInfo: {
      created: new Date(epochS * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
      creators: ['Organization: blockmesh', `Tool: blockmesh-image-${version}`],
    },
    packages: [image, ...packages],
    relationships: [
      relationship('SPDXRef-DOCUMENT', 'DESCRIBES', IMAGE_ID),
      ...packages.map((one) => relationship(IMAGE_ID, 'CONTAINS', one.SPDXID)),
    ],
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function debianPackage({ name, version, architecture, sha256, stanza }: Package, release: string): SpdxPackage {
  const source = /^Source: (\S+)/m.exec(stanza)?.[1] ?? name;
  const words = `arch=${architecture}&distro=${release}&upstream=${encodeURIComponent(source)}`;
  const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${words}`;
  return {
    ...described(idOf('deb', name), name, version, 'Organization: Debian', purl),
    checksums: [{ algorithm: 'SHA256', checksumValue: sha256 }],
  };
}

function npmPackage({ name, version, licence }: NpmPackage): SpdxPackage {
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const one = described(idOf('npm', `${name}-${version}`), name, version, UNSAID, purl);
  return licence === undefined ? one : { ...one, licenseDeclared: licence };
}

function described(id: string, name: string, version: string, supplier: string, purl: string): SpdxPackage {
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    supplier,
    downloadLocation: UNSAID,
    filesAnalyzed: false,
    licenseConcluded: UNSAID,
    licenseDeclared: UNSAID,
    copyrightText: UNSAID,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: purl }],
  };
}

/** Letters, digits, dots and hyphens are all that an id may have. */
function idOf(kind: string, name: string): string {
  return `SPDXRef-${kind}-${name.replace(/[^A-Za-z0-9.-]/g, (sign) => `-${sign.charCodeAt(0).toString(16)}-`)}`;
}

function relationship(from: string, relationshipType: string, to: string): Readonly<Record<string, string>> {
  return { spdxElementId: from, relationshipType, relatedSpdxElement: to };
}
