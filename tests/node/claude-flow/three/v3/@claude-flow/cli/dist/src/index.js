import { commandRegistry, commands } from './commands/index.js';

export * from './commands/index.js';

export class CLI {
  constructor() {
    this.known = new Map(commands.map((command) => [command.name, command]));
  }

  async run(own = process.argv.slice(2)) {
    const [name, ...args] = own.filter((word) => !word.startsWith('-'));
    if (own.includes('--help')) return this.help(commandRegistry.get(name));
    const command = this.known.get(name);
    if (!command) {
      console.error(`[ERROR] Unknown command: ${name}`);
      process.exit(1);
    }
    const target = (command.subcommands || []).find((sub) => sub.name === args[0]) || command;
    const result = await target.action({ args, own });
    if (result && !result.success) process.exit(result.exitCode || 1);
  }

  help(command) {
    if (!command) return console.error('Unknown command');
    console.log(`${command.name}: ${command.description}`);
    for (const sub of command.subcommands || []) console.log(`  ${sub.name}: ${sub.description}`);
  }
}
