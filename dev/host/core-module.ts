import Module from 'node:module';
import { registerFunction, registerHook, writeAppLog, type AppRegistry } from './app-registry.ts';
import type {
  Disposable,
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  LogCategory,
  ProgrammingModel,
} from './core-types.ts';
import type { LogLevel } from './log.ts';

const coreModuleId = '@azure/functions-core';

// One module for the whole process, as the library requires it once and keeps it: it speaks for the app loaded last.
let current: AppRegistry | undefined;
let lastModel: ProgrammingModel | undefined;
let isInstalled = false;

function getApp(): AppRegistry {
  if (current === undefined) {
    throw new Error(`${coreModuleId} was used before the host began to load an app.`);
  }
  return current;
}

function setProgrammingModel(model: ProgrammingModel): void {
  lastModel = model;
  getApp().model = model;
}

function writeCoreLog(level: LogLevel, kind: LogCategory, message: string): void {
  writeAppLog(getApp(), { level, kind, category: 'Worker', message });
}

const coreModule = {
  /** Of the Node worker whose behaviour this host follows. */
  version: '3.9.1',
  hostVersion: '4.1045.0',
  setProgrammingModel,
  getProgrammingModel: () => getApp().model,
  registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback): Disposable =>
    registerFunction(getApp(), metadata, callback),
  registerHook: (name: string, callback: HookCallback): Disposable => registerHook(getApp(), name, callback),
  log: writeCoreLog,
};

/**
 * Makes `require('@azure/functions-core')` answer, for exactly that id, by replacing `Module.prototype.require` as the
 * worker does: what works here works there, and an ESM `import` of it fails in both.
 */
export function installCoreModule(): void {
  if (isInstalled) {
    return;
  }
  isInstalled = true;
  const prototype = Module.prototype as unknown as { require: (this: unknown, id: string) => unknown };
  prototype.require = new Proxy(prototype.require, {
    apply: (target, thisArgument, values: [string]) =>
      values[0] === coreModuleId ? coreModule : Reflect.apply(target, thisArgument, values),
  });
}

/** From now on, what the library registers belongs to this app. */
export function setCurrentApp(app: AppRegistry): void {
  current = app;
}

/** Gives an app the model of a library that was loaded before it, as that one (an ES module stays) sets it only once. */
export function adoptModel(app: AppRegistry): void {
  app.model ??= lastModel;
}
