//! The program itself, as an operator starts it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use crate::command_line::Folder;

/// `vestibule serve clients.yaml` in a folder. Killed when dropped.
pub(crate) struct Serving {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStderr>>,
}

impl Serving {
    pub(crate) fn start(folder: &Folder) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "clients.yaml"]);
        Self::by(command, folder)
    }

    /// By a command that ends in becoming the program.
    pub(crate) fn by(mut command: Command, folder: &Folder) -> Self {
        let mut child = command
            .current_dir(folder.path(""))
            .env_clear()
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that has this.
    pub(crate) fn until(&mut self, what: &str) -> String {
        let mut others = String::new();
        for line in self.lines.by_ref().map(Result::unwrap) {
            if line.contains(what) {
                return line;
            }
            others.push_str(&line);
        }
        panic!("it ended without {what}:\n{others}")
    }

    /// Waits until it answers, and says where.
    pub(crate) fn address(&mut self) -> SocketAddr {
        let line: serde_json::Value = serde_json::from_str(&self.until("\"code\":\"started\"")).unwrap();
        line["listen"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, name: &str) {
        let told = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.child.id())]).status();
        assert!(told.unwrap().success());
    }

    /// As the system ends a process that it has no memory for.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end. Whether it ended well.
    pub(crate) fn ended_well(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_vestibule");
