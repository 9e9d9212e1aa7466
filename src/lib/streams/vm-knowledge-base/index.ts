import { probeList } from '../../qualys/probes.ts';
import type { StreamDefinition } from '../stream-definition.ts';
import { planKnowledgeBase } from './plan.ts';
import { readKnowledgeBase } from './read-window.ts';
import { knowledgeBaseOf } from './vulnerability-table.ts';
import { VM_KNOWLEDGE_BASE_SETTINGS } from './settings.ts';

/** The KnowledgeBase: what each QID is, by the time of its last change. */
export const vmKnowledgeBase: StreamDefinition = {
  name: 'vm-knowledge-base',
  table: 'QualysVmKnowledgeBase_CL',
  api: 'vm',
  settings: VM_KNOWLEDGE_BASE_SETTINGS,
  plan: planKnowledgeBase,
  slices: /^everything$/,
  probe: {
    check: 'qualys-vm-knowledge-base',
    run: ({ settings, vm }) => probeList(vm, knowledgeBaseOf(settings), settings.KB_PARAMS),
  },
  read: readKnowledgeBase,
};
