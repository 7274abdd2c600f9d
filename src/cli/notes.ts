import type { Command } from 'commander';
import type { JsonObject } from '../base/json.ts';
import { WHO } from './argument-help.ts';
import { instantsIn, SpaceClock } from './clock.ts';
import { type CommonOptions, common, withSession } from './command.ts';
import type { Environment } from './environment.ts';
import { erasedText } from './erased-text.ts';
import { plain, print } from './output.ts';

export function noteCommands(program: Command, environment: Environment): void {
  const note = program.command('note').description('notes about members, which can be erased');
  const add = note.command('add').description('write a note').argument('<member>', WHO).argument('<text>', 'the note');
  common(add, environment, ['note add "Ada Lovelace" "may use the lathe from March on"']);
  add.action(async (member: string, text: string, options: CommonOptions) => {
    const result = await withSession(options, environment, (session) => session.call('note.add', { member, text }));
    const { name, note: id } = result as JsonObject;
    print(result, options.json === true, () => `note ${id} about ${plain(String(name))}`);
  });

  const list = note.command('list').description('show the notes about a member').argument('<member>', WHO);
  common(list, environment, ['note list "Ada Lovelace"']).action(async (member: string, options: CommonOptions) => {
    const { notes, name, clock } = await withSession(options, environment, async (session) => {
      const answer = (await session.call('note.list', { member })) as JsonObject;
      const rows = answer.notes as unknown as readonly JsonObject[];
      const spaceClock = new SpaceClock(session);
      await spaceClock.know(...instantsIn(rows, 'since'));
      return { notes: rows, name: String(answer.name), clock: spaceClock };
    });
    print({ notes }, options.json === true, () => listText(name, notes, clock));
  });

  const erase = note
    .command('erase')
    .description('erase a note')
    .argument('<member>', WHO)
    .argument('<note>', 'id of the note, as `note list` shows it');
  common(erase, environment, ['note erase "Ada Lovelace" n-0a1b2c3d']);
  erase.action(async (member: string, id: string, options: CommonOptions) => {
    const params = { member, note: id };
    const result = await withSession(options, environment, (session) => session.call('note.erase', params));
    const { name } = result as JsonObject;
    const text = () => `note ${plain(id)} about ${plain(String(name))} is gone; ${erasedText(result as JsonObject)}`;
    print(result, options.json === true, text);
  });
}

function listText(name: string, notes: readonly JsonObject[], clock: SpaceClock): string {
  if (notes.length === 0) return `no notes about ${plain(name)}`;
  return notes
    .map(({ note, text, since, by }) => {
      const lines = String(text)
        .split('\n')
        .map((line) => `  ${plain(line)}`);
      return [`${plain(String(note))}  ${clock.text(Number(since))}  by ${plain(String(by))}`, ...lines].join('\n');
    })
    .join('\n');
}
