//! Sessions in a folder that both faces share, each in a JSON file.

use std::fs;
use std::future::ready;
use std::io::ErrorKind;
use std::path::PathBuf;

use axum::BoxError;
use axum_authx::{BoxFuture, SessionInfo, SessionStore, Timestamp};

#[derive(Clone)]
pub(crate) struct FolderSessions(pub(crate) PathBuf);

impl FolderSessions {
    fn file(&self, session_id: &str) -> PathBuf {
        self.0.join(format!("{session_id}.json"))
    }

    fn write(&self, session: &SessionInfo) -> Result<(), BoxError> {
        Ok(fs::write(self.file(&session.session_id), serde_json::to_vec(session)?)?)
    }

    fn read(&self, session_id: &str) -> Result<Option<SessionInfo>, BoxError> {
        match fs::read(self.file(session_id)) {
            Ok(json) => Ok(Some(serde_json::from_slice(&json)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn of_user(&self, uid: &str) -> Result<Vec<SessionInfo>, BoxError> {
        let mut sessions = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let session: SessionInfo = serde_json::from_slice(&fs::read(entry?.path())?)?;
            if session.uid == uid {
                sessions.push(session);
            }
        }
        Ok(sessions)
    }

    fn remove(&self, session_id: &str) -> Result<(), BoxError> {
        match fs::remove_file(self.file(session_id)) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl SessionStore for FolderSessions {
    fn create<'a>(
        &'a self,
        session: &'a SessionInfo,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(ready(self.write(session)))
    }

    fn get<'a>(
        &'a self,
        session_id: &'a str,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Option<SessionInfo>, BoxError>> {
        Box::pin(ready(self.read(session_id)))
    }

    fn update_last_active<'a>(
        &'a self,
        session_id: &'a str,
        last_active: Timestamp,
    ) -> BoxFuture<'a, Result<(), BoxError>> {
        let updated = self.read(session_id).and_then(|session| match session {
            Some(mut session) => {
                session.last_active = last_active;
                self.write(&session)
            }
            None => Ok(()),
        });
        Box::pin(ready(updated))
    }

    fn delete<'a>(&'a self, session_id: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        Box::pin(ready(self.remove(session_id)))
    }

    fn list_by_user<'a>(
        &'a self,
        uid: &'a str,
        _: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<SessionInfo>, BoxError>> {
        Box::pin(ready(self.of_user(uid)))
    }

    fn delete_all_by_user<'a>(&'a self, uid: &'a str) -> BoxFuture<'a, Result<(), BoxError>> {
        let removed = self.of_user(uid).and_then(|sessions| {
            sessions.iter().try_for_each(|session| self.remove(&session.session_id))
        });
        Box::pin(ready(removed))
    }
}
