data <- read.csv("survey_123456_R_data_file.csv", quote = "'\"", na.strings=c("", "\"\""))


# LimeSurvey Field type: F
data[, 1] <- as.numeric(data[, 1])
attributes(data)$variable.labels[1] <- "id"
names(data)[1] <- "id"
# LimeSurvey Field type: DATETIME23.2
data[, 2] <- as.character(data[, 2])
attributes(data)$variable.labels[2] <- "submitdate"
names(data)[2] <- "submitdate"
# LimeSurvey Field type: A
data[, 3] <- as.character(data[, 3])
attributes(data)$variable.labels[3] <- "ipaddr"
names(data)[3] <- "ipaddr"
# LimeSurvey Field type: A
data[, 4] <- as.character(data[, 4])
attributes(data)$variable.labels[4] <- "Votre \"statut\" ?"
data[, 4] <- factor(data[, 4], levels=c("A1","-oth-"),labels=c("salarié (CDI, CDD)", "Autre"))
names(data)[4] <- "status"
# LimeSurvey Field type: A
data[, 5] <- as.character(data[, 5])
attributes(data)$variable.labels[5] <- "[Autre] Votre \"statut\" ?"
names(data)[5] <- "status_other"
# LimeSurvey Field type: F
data[, 6] <- as.numeric(data[, 6])
attributes(data)$variable.labels[6] <- "[courriel] Que faites-vous ?"
data[, 6] <- factor(data[, 6], levels=c(1,0),labels=c("Oui", "Non sélectionné"))
names(data)[6] <- "uses_SQ001"
# LimeSurvey Field type: F
data[, 7] <- as.numeric(data[, 7])
attributes(data)$variable.labels[7] <- "[images] Que faites-vous ?"
data[, 7] <- factor(data[, 7], levels=c(1,0),labels=c("Oui", "Non sélectionné"))
names(data)[7] <- "uses_SQ002"
# LimeSurvey Field type: F
data[, 8] <- as.numeric(data[, 8])
attributes(data)$variable.labels[8] <- "Heures par semaine"
names(data)[8] <- "hours"
