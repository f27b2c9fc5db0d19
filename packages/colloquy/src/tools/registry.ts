import { AGENT_TOOLSET } from './agent-toolset.ts';
import { askUserQuestionTool } from './ask-user-question.ts';
import { bashTool } from './bash.ts';
import { editTool } from './edit.ts';
import { globTool } from './glob.ts';
import { grepTool } from './grep.ts';
import { lsTool } from './ls.ts';
import { multiEditTool } from './multi-edit.ts';
import { notebookEditTool } from './notebook-edit.ts';
import { enterPlanModeTool, exitPlanModeTool } from './plan-mode.ts';
import { readTool } from './read.ts';
import { monitorTool } from './tasks/monitor.ts';
import { taskOutputTool } from './tasks/task-output.ts';
import { taskStopTool } from './tasks/task-stop.ts';
import { taskCreateTool, taskGetTool, taskListTool, taskUpdateTool } from './task-list.ts';
import { todoWriteTool } from './todo-write.ts';
import type { Tool } from './tool.ts';
import { webFetchTool } from './web/web-fetch.ts';
import { webSearchTool } from './web/web-search.ts';
import { writeTool } from './write.ts';

/** Two sets of names and inputs over the same implementations. */
export type Toolset = 'claude_code' | 'agent_toolset_20260401';

const CLAUDE_CODE: readonly Tool[] = [
  bashTool,
  taskOutputTool,
  taskStopTool,
  monitorTool,
  readTool,
  writeTool,
  editTool,
  multiEditTool,
  notebookEditTool,
  globTool,
  grepTool,
  lsTool,
  webFetchTool,
  webSearchTool,
  taskCreateTool,
  taskGetTool,
  taskUpdateTool,
  taskListTool,
  todoWriteTool,
  askUserQuestionTool,
  enterPlanModeTool,
  exitPlanModeTool,
];

/** The built-in tools of a set, in the order in which the model is offered them. */
export function builtInTools(toolset: Toolset): Tool[] {
  switch (toolset) {
    case 'claude_code':
      return [...CLAUDE_CODE];
    case 'agent_toolset_20260401':
      return [...AGENT_TOOLSET];
    default:
      return toolset satisfies never;
  }
}
