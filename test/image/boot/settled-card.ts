import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { imageBoard } from './boards.ts';
import { Card } from './card.ts';
import { cardText } from './card-text.ts';
import { builtImage } from './image.ts';
import { start, type TestCard, takeFirmware } from './image-run.ts';
import { layKit } from './kit.ts';
import { makeKey } from './running.ts';
import { untilHealthy } from './times.ts';

/** The card in `folder`, of a board that has had its first start in peace; made where there is none. */
export async function settledCard(name: string, folder: string, tell: (text: string) => void): Promise<TestCard> {
  const board = imageBoard(name);
  const image = await builtImage(board.image);
  if (existsSync(folder)) return { board, image, card: Card.at(`${folder}/card.img`), folder };
  tell('the first start of a card, which is kept');
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const key = makeKey(draft);
  const card = Card.copy(image.path, `${draft}/card.img`, 4);
  card.write('blockmesh.toml', cardText({ key }));
  layKit(card, board.words);
  takeFirmware(board, image, card, draft);
  const running = await start({ board, image, card, folder: draft });
  try {
    const shell = await running.shell();
    await untilHealthy(shell);
    shell.tell('systemctl poweroff');
    await running.power.exited;
  } finally {
    await running.cut();
  }
  renameSync(draft, folder);
  return { board, image, card: Card.at(`${folder}/card.img`), folder };
}
