//! `run`: one prompt, or a file of tasks. `resume`: what is not over.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use maestro_core::model::{Position, ProjectSpec, TaskSpec, TaskState};
use maestro_core::task::{TaskFilter, TaskHandle};
use maestro_core::{Error, ErrorKind, Maestro, Result};

use crate::args::{Common, Node, Resume, Run};
use crate::exit::Exit;
use crate::task_file::{self, File};
use crate::{follow, list, node, out, table};

pub(crate) async fn run(common: &Common, command: Run) -> Result<Exit> {
    let maestro = node::work(common, &command.node).await?;
    let tasks = async { Ok((follow::now(&maestro).await?, submit(&maestro, &command).await?)) };
    finish(&maestro, common, &command.node, tasks.await).await
}

pub(crate) async fn resume(common: &Common, command: Resume) -> Result<Exit> {
    node::must_be_there(common)?;
    let maestro = node::work(common, &command.node).await?;
    let tasks = async { Ok((follow::now(&maestro).await?, again(&maestro, &command).await?)) };
    finish(&maestro, common, &command.node, tasks.await).await
}

/// Shows the tasks to their end, and what became of them.
async fn finish(
    maestro: &Maestro,
    common: &Common,
    node: &Node,
    tasks: Result<(Position, Vec<TaskHandle>)>,
) -> Result<Exit> {
    let exit = match tasks {
        Ok((after, tasks)) => show(maestro, common, after, &tasks).await,
        Err(error) => Err(error),
    };
    let option = |name: &str, path: &Option<PathBuf>| {
        path.as_ref().map_or(String::new(), |path| format!(" --{name}={}", path.display()))
    };
    let agent = option("claude", &node.claude) + &option("script", &node.script);
    let again = format!("{} resume{agent}", node::call(common));
    follow::close(maestro, exit, &again).await
}

async fn show(
    maestro: &Maestro,
    common: &Common,
    after: Position,
    tasks: &[TaskHandle],
) -> Result<Exit> {
    let call = node::call(common);
    let exit = follow::to_the_end(maestro, common, tasks, after, call).await?;
    if exit != Exit::Interrupted {
        table::print(common, tasks).await?;
    }
    Ok(exit)
}

/// The tasks that are named, tried again where they are over, or all that are not over.
async fn again(maestro: &Maestro, command: &Resume) -> Result<Vec<TaskHandle>> {
    let mut tasks = Vec::new();
    if command.tasks.is_empty() {
        let all = maestro.tasks().all(TaskFilter::default()).await?;
        tasks.extend(all.into_iter().filter(|task| !task.state.is_ended()));
        if tasks.is_empty() {
            out::note("nothing to go on with: every task is over; name one to try it again");
        }
    }
    for reference in &command.tasks {
        let task = list::find(maestro, reference).await?;
        let over = matches!(
            task.state,
            TaskState::Failed | TaskState::Cancelled | TaskState::InputRequired
        );
        tasks.push(if over { maestro.tasks().retry(task.id).await? } else { task });
    }
    Ok(tasks.iter().map(|task| maestro.tasks().handle(task.id)).collect())
}

async fn submit(maestro: &Maestro, command: &Run) -> Result<Vec<TaskHandle>> {
    let path = std::path::absolute(&command.project)
        .map_err(|error| Error::invalid("project", "is no directory").caused_by(error))?;
    if !path.is_dir() {
        return Err(Error::invalid("project", "is no directory").with("path", path.display()));
    }
    let name = path.to_string_lossy().into_owned();
    let project = maestro.projects().ensure(ProjectSpec::new(name, &path)).await?;
    let Some(file) = &command.file else {
        let prompt = command.prompt.clone().unwrap_or_default();
        let mut spec = TaskSpec::prompt(prompt).project(&project).allow_tools(&command.allow);
        spec.session.model.clone_from(&command.model);
        return Ok(vec![maestro.tasks().submit(spec).await?]);
    };
    let mut submitted: BTreeMap<String, TaskHandle> = BTreeMap::new();
    let mut order = Vec::new();
    for task in read(file)?.task {
        let needs: Vec<TaskHandle> =
            task.needs.iter().filter_map(|need| submitted.get(need)).cloned().collect();
        let key = format!("{}#{}", file.display(), task.name);
        let mut spec = TaskSpec::prompt(task.prompt)
            .title(&task.name)
            .project(&project)
            .needs(needs)
            .priority(task.priority)
            .idempotency_key(key)
            .allow_tools(command.allow.iter().chain(&task.allow));
        spec.session.model.clone_from(&command.model);
        let handle = maestro.tasks().submit(spec).await.map_err(|error| {
            if error.kind() == ErrorKind::AlreadyExists {
                let why = "was run before with another prompt; give it another name";
                return Error::new(ErrorKind::AlreadyExists, format!("task {:?} {why}", task.name));
            }
            error.with("task", &task.name)
        })?;
        submitted.insert(task.name, handle.clone());
        order.push(handle);
    }
    Ok(order)
}

fn read(path: &Path) -> Result<File> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::invalid("file", "cannot be read").with("path", path.display()).caused_by(error)
    })?;
    task_file::parse(&text).map_err(|error| error.with("path", path.display()))
}
