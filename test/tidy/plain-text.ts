import { posix } from 'node:path';
import type { Finding } from './finding.ts';
import type { House } from './house.ts';

/** Where the paths of whoever wrote a line begin. Behind a name or a dot it is the end of some other path. */
const MACHINE_PATH = /(?<![\w.$)}\]*~-])\/(?:work|root|home)\/[\w./-]*/g;

/** A path of the machine it was written on works on no other. */
export function checkMachinePaths(house: House): readonly Finding[] {
  return [...house.tree.files].flatMap(([path, text]) =>
    linesMatching(text, MACHINE_PATH).map(({ line, match }): Finding => {
      const message = `'${match}' is a path of one machine: make it relative, or take it as an argument`;
      return { path, line, rule: 'machine-path', message, subject: match };
    }),
  );
}

/** The lock file names versions and hashes, not the registry of whoever ran npm. */
export function checkLockfile(house: House): readonly Finding[] {
  const path = 'package-lock.json';
  const message = '"resolved" names a registry: keep omit-lockfile-registry-resolved in .npmrc and run npm install';
  const lines = linesMatching(house.tree.files.get(path) ?? '', /"resolved":/g);
  return lines.map(({ line }): Finding => ({ path, line, rule: 'lockfile', message }));
}

const GRAB_BAG = /^(common|helpers?|index|misc|utils?)\.ts$/;

/** A file is named for its one concept, and written in the one language that all checks read. */
export function checkFileNames(house: House): readonly Finding[] {
  return [...house.tree.files.keys()].flatMap((path): readonly Finding[] => {
    const name = posix.basename(path);
    const finding = (message: string): readonly Finding[] => [
      { path, line: 1, rule: 'file-name', message, subject: name },
    ];
    if (/^(src|dapps|image|test)\//.test(path) && GRAB_BAG.test(name)) {
      return finding(`'${name}' says nothing of what is inside: name the one concept, and import it from where it is`);
    }
    if (/^(src|dapps|image)\/.*\.([cm]?jsx?|[cm]ts|tsx)$/.test(path)) {
      return finding(`'${name}' is code that no check reads: write it as .ts`);
    }
    return [];
  });
}

/** Every relative link of every Markdown file leads to a file or folder, and to a heading where it names one. */
export function checkLinks(house: House): readonly Finding[] {
  return [...house.tree.files].flatMap(([path, text]) => {
    if (!path.endsWith('.md')) return [];
    const prose = withoutCode(text);
    const inline = linesMatching(prose, /\]\(<?([^)<>\s]+)>?(?:\s+"[^"]*")?\)/g);
    const defined = linesMatching(prose, /^ {0,3}\[[^\]]+\]:\s*<?([^<>\s]+)/g);
    return [...inline, ...defined].flatMap(({ line, group }): readonly Finding[] => {
      const fault = linkFault(house, path, group);
      return fault === undefined ? [] : [{ path, line, rule: 'link', message: fault }];
    });
  });
}

function linkFault({ tree }: House, path: string, link: string): string | undefined {
  if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link)) return undefined;
  const [file = '', anchor] = decodeURI(link).split('#');
  const target = file === '' ? path : posix.join(posix.dirname(path), file).replace(/\/$/, '');
  const text = tree.files.get(target);
  if (text === undefined) {
    const isFolder = target === '.' || [...tree.files.keys()].some((one) => one.startsWith(`${target}/`));
    return isFolder ? undefined : `the link '${link}' leads nowhere: there is no ${target}`;
  }
  if (!anchor || !target.endsWith('.md') || headingsOf(text).has(anchor)) return undefined;
  return `the link '${link}' leads to no heading of ${target}: name one that is there`;
}

/** Headings as GitHub makes anchors of them. */
function headingsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  const seen = new Map<string, number>();
  for (const { group } of linesMatching(withoutCode(text, false), /^#{1,6}\s+(.+?)\s*#*$/g)) {
    const plain = group.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    anchors.add(times === 0 ? anchor : `${anchor}-${times}`);
  }
  return anchors;
}

/** Blanks code, and keeps the lines where they are. */
function withoutCode(text: string, inlineToo = true): string {
  const blank = (code: string): string => code.replace(/[^\n]/g, ' ');
  const prose = text.replace(/^ {0,3}(```|~~~)[\s\S]*?^ {0,3}\1.*$/gm, blank);
  return inlineToo ? prose.replace(/`[^`\n]*`/g, blank) : prose;
}

interface LineMatch {
  readonly line: number;
  readonly match: string;
  /** The first group, where the pattern has one. */
  readonly group: string;
}

function linesMatching(text: string, pattern: RegExp): readonly LineMatch[] {
  return text
    .split('\n')
    .flatMap((content, at) =>
      [...content.matchAll(pattern)].map((match) => ({ line: at + 1, match: match[0], group: match[1] ?? '' })),
    );
}
