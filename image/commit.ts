import { execa } from 'execa';
import { CodedError } from '../src/base/errors.ts';

/** When the last commit of a checkout was made, in seconds since 1970. */
export async function lastCommit(top: string): Promise<number> {
  const { stdout, failed } = await execa('git', ['log', '-1', '--format=%ct'], { cwd: top, reject: false });
  const epochS = Number.parseInt(stdout, 10);
  if (!failed && Number.isSafeInteger(epochS)) return epochS;
  throw new CodedError('no_commit', `${top} is no checkout of git: nothing says what time the image is of`, {
    advice: 'set SOURCE_DATE_EPOCH to seconds since 1970',
  });
}
